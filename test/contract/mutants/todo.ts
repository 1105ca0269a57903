// Broken services: one todo.
import { type Json, jsonOf } from './known.ts';
import type { Mutants } from './mutants.ts';
import type { Fault, Received, Sent } from './proxy.ts';
import {
  answer,
  answerBody,
  answerHeaders,
  answerStatus,
  as,
  ask,
  askBody,
  askHeaders,
  instead,
  made,
  pretend,
  problem,
  when,
} from './words.ts';

const idIn = ({ path }: Sent) => path.split('/').at(-1) ?? '';
const isNoUuid = (sent: Sent) => idIn(sent).length < 36;
const withoutCondition = ({ headers: { 'if-match': _, ...headers } }: Sent) => ({ headers });
const header = (name: string, change: (value: string) => string): Fault =>
  askHeaders(({ [name]: value }) => ({ [name]: value && change(`${value}`) }));

/** Does to a todo of any user what only its owner may do. */
const ofAnyUser: Fault = answer(404, (received, sent, forward, known) => {
  const owner = known.todos.get(idIn(sent))?.token;
  return owner === undefined ? received : forward({ ...sent, ...as(owner) });
});

/** Faults of `If-Match`. */
const condition: Record<string, Fault> = {
  'ignores If-Match': ask(withoutCondition),
  'accepts a weak ETag in If-Match': header('if-match', (tags) => tags.replaceAll('W/', '')),
  'does not support `*` in If-Match': when(
    ({ headers }) => headers['if-match'] === '*',
    async () => problem(412, 'precondition_failed', 'Changed'),
  ),
  'supports one ETag in If-Match only': header('if-match', (tags) => tags.replace(/,.*/, '')),
  'answers 412 to a malformed If-Match': when(
    ({ headers }) => headers['if-match'] === 'abc',
    async () => problem(412, 'precondition_failed', 'Changed'),
  ),
  'answers 409 to a stale If-Match': answer(412, () => problem(409, 'username_taken', 'Changed')),
  'answers a stale If-Match with the code idempotency_key_reused': answerBody(412, (body) => ({
    ...body,
    code: 'idempotency_key_reused',
  })),
  'says that the todo has changed where the ETag is weak': when(
    ({ headers }) => `${headers['if-match']}`.startsWith('W/'),
    answer(412, () => problem(412, 'precondition_failed', 'The todo has changed')),
  ),
  'answers 412 where there is no todo': when(
    ({ headers }) => headers['if-match'] !== undefined,
    answer(404, () => problem(412, 'precondition_failed', 'There is no such todo')),
  ),
  'changes it although it answers 412': answer(412, async (_, sent, forward) => {
    await forward({ ...sent, ...withoutCondition(sent) });
    return {};
  }),
  "changes another user's todo": ofAnyUser,
  "answers 403 for another user's todo": answerStatus(404, 403),
};

/** Changes the answer to an update that has changed nothing. */
const unchanged =
  (change: (received: Received) => Partial<Received>): Fault =>
  async (sent, forward) => {
    const before = await forward({ ...sent, ...withoutCondition(sent), method: 'GET', body: '' });
    const received = await forward(sent);
    const isSame = received.status === 200 && before.headers['etag'] === received.headers['etag'];
    return isSame ? { ...received, ...change(received) } : received;
  };

const version: Record<string, Fault> = {
  'gives a new ETag to what has not changed': unchanged(({ headers }) => ({
    headers: { ...headers, etag: '"99"' },
  })),
  'sets updated_at of what has not changed': unchanged((received) => ({
    body: JSON.stringify({ ...jsonOf(received), updated_at: '2099-01-01T00:00:00.000Z' }),
  })),
};

export const todo: Mutants = {
  getTodo: {
    'answers 201': answerStatus(200, 201),
    'gives no ETag': answerHeaders(200, () => ({ etag: undefined })),
    'gives always the same ETag': answerHeaders(200, () => ({ etag: '"1"' })),
    'gives a new ETag each time': answerHeaders(200, () => ({ etag: `"${crypto.randomUUID()}"` })),
    'lets every cache keep it': answerHeaders(200, () => ({
      'cache-control': 'public, max-age=60',
    })),
    'ignores If-None-Match': askHeaders(() => ({ 'if-none-match': undefined })),
    'answers 304 to every ETag': header('if-none-match', (tags) => tags.replace(/^".*/, '*')),
    'answers 304 without an ETag': answerHeaders(304, () => ({ etag: undefined })),
    'does not match a weak ETag': when(
      ({ headers }) => headers['if-none-match']?.startsWith('W/') ?? false,
      askHeaders(() => ({ 'if-none-match': undefined })),
    ),
    'does not support `*` in If-None-Match': when(
      ({ headers }) => headers['if-none-match'] === '*',
      askHeaders(() => ({ 'if-none-match': undefined })),
    ),
    'answers 412 in the place of 304': answer(304, () =>
      problem(412, 'precondition_failed', 'Not changed'),
    ),
    "shows another user's todo": ofAnyUser,
    "answers 403 for another user's todo": answerStatus(404, 403),
    'answers 404 with the code method_not_allowed': answerBody(404, (body) => ({
      ...body,
      code: 'method_not_allowed',
    })),
    'answers an empty object for an id that does not exist': answer(404, () =>
      made(200, {}, { etag: '"1"' }),
    ),
    'answers 404 for an id that is not a UUID': when(isNoUuid, async () =>
      problem(404, 'not_found', 'None'),
    ),
    'cuts descriptions': answerBody(200, (body) => ({ ...body, description: '' })),
  },
  replaceTodo: {
    ...condition,
    ...version,
    'changes nothing': async (sent, forward) => forward({ ...sent, method: 'PATCH', body: '{}' }),
    'keeps members that the body leaves out': ask(() => ({ method: 'PATCH' })),
    'answers 204': answer(200, () => made(204)),
    'answers 201': answerStatus(200, 201),
    'answers the ETag of before': answerHeaders(200, ({ etag }) => ({
      etag: `"${Number(`${etag}`.replaceAll('"', '')) - 1}"`,
    })),
    'answers what was sent': answerBody(200, (body, sent) => ({
      ...body,
      ...jsonOf(sent),
      done: true,
    })),
    'gives it a new id': answerBody(200, (body) => ({ ...body, id: crypto.randomUUID() })),
    'gives it a new created_at': answerBody(200, (body) => ({
      ...body,
      created_at: '2020-01-01T00:00:00.000Z',
    })),
  },
  updateTodo: {
    ...condition,
    ...version,
    'changes nothing': askBody(() => ({})),
    'resets members that the body leaves out': askBody((body) => ({
      ...('title' in body ? {} : { title: 'a' }),
      description: '',
      done: false,
      ...body,
    })),
    'ignores null': askBody((body) =>
      Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null)),
    ),
    'answers null where null was sent': answerBody(200, (body, sent) => ({
      ...body,
      ...jsonOf(sent),
    })),
    'accepts null as a title': askBody((body) =>
      body['title'] === null ? { ...body, title: 'null' } : body,
    ),
    'does not support merge patch': when(
      ({ headers }) => headers['content-type'] === 'application/merge-patch+json',
      async () => problem(415, 'unsupported_media_type', 'No'),
    ),
    'answers the todo of before': async (sent, forward) => {
      const before = await forward({ ...sent, ...withoutCondition(sent), method: 'GET', body: '' });
      const received = await forward(sent);
      return received.status === 200 ? { ...received, body: before.body } : received;
    },
    'answers the ETag of before': answerHeaders(200, ({ etag }) => ({
      etag: `"${Number(`${etag}`.replaceAll('"', '')) - 1}"`,
    })),
    'sets updated_at back': answerBody(200, (body: Json) => ({
      ...body,
      updated_at: '2020-01-01T00:00:00.000Z',
    })),
  },
  deleteTodo: {
    ...condition,
    'deletes nothing': pretend(204),
    'answers 200': answer(204, () => made(200, { message: 'Deleted' })),
    'answers 204 for an id that does not exist': instead(404, 204),
    'deletes all': answer(204, async (_, sent, forward) => {
      await forward({ ...sent, path: '/todos' });
      return {};
    }),
  },
};
