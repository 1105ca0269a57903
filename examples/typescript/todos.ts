// The scenario of ../README.md with the generated TypeScript client.
import assert from 'node:assert/strict';
import {
  AuthApi,
  Configuration,
  type Problem,
  ProblemCode,
  ProblemFromJSON,
  ResponseError,
  TodosApi,
} from 'todos-client';

let accessToken = '';
const configuration = new Configuration({
  basePath: process.env['TODOS_URL'] ?? 'http://localhost:8000',
  accessToken: () => accessToken,
});
const auth = new AuthApi(configuration);
const todos = new TodosApi(configuration);

console.log('1. Log in');
const credentials = { username: 'testuser', password: 'testpass123' };
const first = await auth.login({ credentials });
accessToken = first.accessToken;

console.log('2. Create a todo');
const newTodo = { title: 'Buy milk & müsli 🥛' };
const created = await todos.createTodoRaw({ newTodo });
const todo = await created.value();
const etag = created.raw.headers.get('ETag') ?? '';
assert(todo.title === newTodo.title && !todo.done);

console.log('3. Page through all todos, two at a time');
const seen = new Set<string>();
let cursor: string | undefined;
do {
  const page = await todos.listTodosRaw({ limit: 2, ...(cursor && { cursor }) });
  for (const { id } of await page.value()) {
    assert(!seen.has(id), `${id} is on two pages`);
    seen.add(id);
  }
  cursor = nextCursor(page.raw);
} while (cursor);
assert(seen.has(todo.id), 'the new todo is on no page');

console.log('4. Finish the todo, if it is still as it was created');
const finish = { todoId: todo.id, ifMatch: etag, todoPatch: { done: true } };
const finished = await todos.updateTodoRaw(finish);
assert.partialDeepStrictEqual(await finished.value(), { title: newTodo.title, done: true });
assert.notEqual(finished.raw.headers.get('ETag'), etag);

console.log('5. Finish it again, as if it were still so: 412');
await expectProblem(412, ProblemCode.PreconditionFailed, todos.updateTodo(finish));

console.log('6. Ask for a page that does not exist: 400');
const noPage = todos.listTodos({ cursor: 'made-up' });
const fault = await expectProblem(400, ProblemCode.InvalidRequest, noPage);
assert.equal(fault.errors?.[0]?.parameter, 'cursor');

console.log('7. Delete the todo');
await todos.deleteTodo({ todoId: todo.id });

console.log('8. Get the deleted todo: 404');
await expectProblem(404, ProblemCode.NotFound, todos.getTodo({ todoId: todo.id }));

console.log('9. Refresh, with the token in the body');
const second = await auth.refresh({ refreshRequest: { refreshToken: first.refreshToken } });
assert.notEqual(second.refreshToken, first.refreshToken);

console.log('10. Refresh, with the token in a header');
const third = await auth.refresh({ refreshToken: second.refreshToken });
assert.notEqual(third.refreshToken, second.refreshToken);
accessToken = third.accessToken;

console.log('11. Log out');
await auth.logout();

console.log('12. List the todos of the ended session: 401');
const ended = await expectProblem(401, ProblemCode.SessionEnded, todos.listTodos());
assert.equal(ended.detail, 'You have been logged out. Please log in again.');

console.log('13. Refresh the ended session: 401');
const again = auth.refresh({ refreshRequest: { refreshToken: third.refreshToken } });
const refused = await expectProblem(401, ProblemCode.InvalidRefreshToken, again);
assert.equal(refused.detail, 'Invalid refresh token');

/** The cursor of the next page; undefined on the last page. */
function nextCursor({ headers }: Response): string | undefined {
  const link = headers.get('Link') ?? '';
  return /[?&]cursor=([\w-]+)[^>]*>; rel="next"/.exec(link)?.[1];
}

/** The problem of the error response. */
async function expectProblem(
  status: number,
  code: ProblemCode,
  answer: Promise<unknown>,
): Promise<Problem> {
  const refusal = await answer.then(
    (value) => assert.fail(`this should have been refused: ${value}`),
    (error) => error,
  );
  assert(refusal instanceof ResponseError, refusal);
  const problem = ProblemFromJSON(await refusal.response.json());
  assert.partialDeepStrictEqual(problem, { status, code });
  return problem;
}
