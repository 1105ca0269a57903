// Broken servers: one todo.
import { jsonOf } from './known.ts';
import type { Mutants } from './mutants.ts';
import type { Fault, Received, Sent } from './proxy.ts';
import { answer, as, ask, made, problem, reject, reply, when } from './words.ts';

const idIn = ({ path }: Sent) => path.split('/').at(-1) ?? '';
const tagIn = ({ headers }: Sent) => headers['if-match'];
const withoutCondition = ({ headers: { 'if-match': _, ...headers } }: Sent) => ({ headers });
const readBy = (sent: Sent): Sent => ({
  ...sent,
  ...withoutCondition(sent),
  method: 'GET',
  body: '',
});
const header = (name: string, change: (value: string) => string | undefined): Fault =>
  ask.headers(({ [name]: value }) => ({ [name]: value && change(`${value}`) }));

/** Does to a todo of any user what only its owner may do. */
const ofAnyUser: Fault = answer(404, (received, sent, forward, known) => {
  const owner = known.todos.get(idIn(sent))?.token;
  return owner === undefined ? received : forward({ ...sent, ...as(owner) });
});

/** Faults of `If-Match`. */
const condition: Record<string, Fault> = {
  'ignores If-Match': ask(withoutCondition),
  'accepts a weak ETag in If-Match': header('if-match', (tags) => tags.replaceAll('W/', '')),
  'does not support `*` in If-Match': when((sent) => tagIn(sent) === '*', reject(412)),
  'supports one ETag in If-Match only': header('if-match', (tags) => tags.replace(/,.*/, '')),
  'answers 412 to a malformed If-Match': when((sent) => tagIn(sent) === 'abc', reject(412)),
  'says that the todo has changed where the ETag is weak': when(
    (sent) => `${tagIn(sent)}`.startsWith('W/'),
    answer(412, problem(412)),
  ),
  'answers 412 where there is no todo': when(
    (sent) => tagIn(sent) !== undefined,
    answer(404, problem(412)),
  ),
  'changes it although it answers 412': answer(412, async (_, sent, forward) => {
    await forward({ ...sent, ...withoutCondition(sent) });
    return {};
  }),
  "changes another user's todo": ofAnyUser,
};

/** Changes the answer to an update that has changed nothing. */
const unchanged =
  (change: (received: Received) => Partial<Received>): Fault =>
  async (sent, forward) => {
    const before = await forward(readBy(sent));
    const received = await forward(sent);
    const isSame = received.status === 200 && before.headers['etag'] === received.headers['etag'];
    return isSame ? { ...received, ...change(received) } : received;
  };

/** Faults of an operation that changes a todo. */
const version: Record<string, Fault | { onAllRequests: Fault }> = {
  'compares If-Match with the ETag of the last GET': {
    onAllRequests: async (sent, forward, { marks }) => {
      const isLast = tagIn(sent) !== undefined && tagIn(sent) === marks.get(sent.path);
      const received = await forward(isLast ? { ...sent, ...withoutCondition(sent) } : sent);
      if (sent.method === 'GET') marks.set(sent.path, `${received.headers['etag']}`);
      return received;
    },
  },
  'gives a new ETag to what has not changed': unchanged(({ headers }) => ({
    headers: { ...headers, etag: '"99"' },
  })),
  'sets updated_at of what has not changed': unchanged((received) => ({
    body: JSON.stringify({ ...jsonOf(received), updated_at: '2099-01-01T00:00:00.000Z' }),
  })),
  'answers the ETag of before': answer.headers(200, ({ etag }) => ({
    etag: `"${Number(`${etag}`.replaceAll('"', '')) - 1}"`,
  })),
};

export const todo: Mutants = {
  getTodo: {
    'gives always the same ETag': answer.headers(200, { etag: '"1"' }),
    'gives a new ETag each time': answer.headers(200, () => ({ etag: `"${Date.now()}"` })),
    'lets every cache keep it': answer.headers(200, { 'cache-control': 'public, max-age=60' }),
    'ignores If-None-Match': ask.headers({ 'if-none-match': undefined }),
    'answers 304 to every ETag': header('if-none-match', (tags) => tags.replace(/^".*/, '*')),
    'does not match a weak ETag': header('if-none-match', (tags) =>
      tags.startsWith('W/') ? undefined : tags,
    ),
    'does not support `*` in If-None-Match': header('if-none-match', (tags) =>
      tags === '*' ? undefined : tags,
    ),
    'answers 412 in the place of 304': answer(304, problem(412)),
    "shows another user's todo": ofAnyUser,
    'answers 404 for an id that is not a UUID': when((sent) => idIn(sent).length < 36, reject(404)),
    'cuts descriptions': answer.body(200, { description: '' }),
  },
  replaceTodo: {
    ...condition,
    ...version,
    'changes nothing': ask({ method: 'PATCH', body: '{}' }),
    'keeps members that the body leaves out': ask({ method: 'PATCH' }),
    'answers what was sent': answer.body(200, (_, sent) => ({ ...jsonOf(sent), done: true })),
    'gives it a new id': answer.body(200, () => ({ id: crypto.randomUUID() })),
    'gives it a new created_at': answer.body(200, { created_at: '2020-01-01T00:00:00.000Z' }),
  },
  updateTodo: {
    ...condition,
    ...version,
    'changes nothing': ask.body((body) =>
      Object.fromEntries(Object.keys(body).map((name) => [name, undefined])),
    ),
    'resets members that the body leaves out': ask.body((body) => ({
      title: 'a',
      description: '',
      done: false,
      ...body,
    })),
    'ignores null': ask.body((body) =>
      Object.fromEntries(Object.entries(body).map(([name, value]) => [name, value ?? undefined])),
    ),
    'answers null where null was sent': answer.body(200, (_, sent) => jsonOf(sent)),
    'accepts null as a title': ask.body(({ title }) => (title === null ? { title: 'null' } : {})),
    'does not support merge patch': when(
      ({ headers }) => headers['content-type'] === 'application/merge-patch+json',
      reject(415),
    ),
    'answers the todo of before': async (sent, forward) => {
      const before = await forward(readBy(sent));
      const received = await forward(sent);
      return received.status === 200 ? { ...received, body: before.body } : received;
    },
    'sets updated_at back': answer.body(200, { updated_at: '2020-01-01T00:00:00.000Z' }),
  },
  deleteTodo: {
    ...condition,
    'deletes nothing': reply(made(204)),
    'answers 204 for an id that does not exist': answer(404, made(204)),
    'deletes all': answer(204, async (_, sent, forward) => {
      await forward({ ...sent, path: '/todos' });
      return {};
    }),
  },
};
