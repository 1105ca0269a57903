// Broken services: lists of todos, and new ones.
import { bearerOf, type Json, jsonOf } from './known.ts';
import type { Mutants } from './mutants.ts';
import type { Fault, Sent } from './proxy.ts';
import {
  answer,
  answerBody,
  answerHeaders,
  answerList,
  answerStatus,
  as,
  ask,
  askBody,
  askHeaders,
  askQuery,
  instead,
  made,
  pretend,
  problem,
  when,
} from './words.ts';

const isFurther = (sent: Sent) => sent.path.includes('cursor=');
const queryOf = ({ path }: Sent) => new URLSearchParams(path.split('?')[1]);
const TODO = {
  id: '01a20f3c-c4b1-7248-8f7a-578460daf654',
  title: 'a',
  description: '',
  done: false,
  created_at: '2026-01-01T00:00:00.000Z',
  updated_at: '2026-01-01T00:00:00.000Z',
};
const createdAs = (id: string) => ({ location: `/todos/${id}`, etag: '"1"' });

export const todos: Mutants = {
  listTodos: {
    'shows the todos of all users': answerList((items, _, known) => {
      const ids = new Set(items.map(({ id }) => id));
      const all = [...known.todos.values()].map(({ item }) => item);
      return [...items, ...all.filter((item) => !ids.has(item['id']))].slice(0, 100);
    }),
    'leaves done out': answerList((items) => items.map(({ done: _, ...item }) => item)),
    'has numbers for done': answerList((items) =>
      items.map((item) => ({ ...item, done: Number(item['done']) })),
    ),
    'has milliseconds for times': answerList((items) =>
      items.map((item) => ({ ...item, created_at: Date.parse(`${item['created_at']}`) })),
    ),
    'shows the owner': answerList((items) => items.map((item) => ({ ...item, user_id: 1 }))),
    'wraps the list': answer(200, ({ body }) => ({ body: `{"items":${body}}` })),
    'does not filter by done': askQuery(() => ({ done: undefined })),
    'does not filter by text': askQuery(() => ({ q: undefined })),
    'searches titles only': answerList((items, sent) => {
      const q = queryOf(sent).get('q')?.toLowerCase() ?? '';
      return items.filter(({ title }) => `${title}`.toLowerCase().includes(q));
    }),
    'searches with regard to case': answerList((items, sent) => {
      const q = queryOf(sent).get('q') ?? '';
      return items.filter(({ title, description }) => `${title} ${description}`.includes(q));
    }),
    'searches umlauts with regard to case': when(
      (sent) => (queryOf(sent).get('q') ?? '').includes('ä'),
      pretend(200, []),
    ),
    'has `%` match any text': changedQuery('q', (q) => q.replaceAll('%', '')),
    'has `_` match any character': changedQuery('q', (q) => q.replaceAll('_', '')),
    'does not sort': askQuery(() => ({ sort: undefined })),
    'sorts one way only': changedQuery('sort', (sort) => sort.replace('-', '')),
    'sorts by creation only': changedQuery('sort', (sort) => sort.replace('updated', 'created')),
    'lists the newest first by default': askQuery(({ sort = '-created_at' }) => ({
      sort,
    })),
    'does not limit': changedQuery('limit', (limit) => limit.replace(/^2$/, '100')),
    'has 10 todos on a page by default': askQuery(({ limit = 10 }) => ({ limit })),
    'accepts a limit of 101': changedQuery('limit', (limit) => limit.replace('101', '100')),
    'accepts a parameter that is sent twice': ask(({ path }) => ({
      path: path.replace(/\b(\w+)=[^&]*&(?=\1=)/, ''),
    })),
    'accepts `020`': changedQuery('limit', (limit) => limit.replace(/^0+(?=\d)/, '')),
    'accepts `+20`': changedQuery('limit', (limit) => limit.replace('+', '')),
    'accepts 1 for true': changedQuery('done', (done) => done.replace('1', 'true')),
    'accepts TRUE for true': changedQuery('done', (done) => done.toLowerCase()),
    'ignores a parameter without a value': ask(({ path }) => ({
      path: path.replace(/\b(done|limit|q|sort)=(?=&|$)/, ''),
    })),
    'accepts a parameter that is sent twice with one value': ask(({ path }) => ({
      path: path.replace(/\b(\w+=\w+)&\1$/, '$1'),
    })),
    'rejects every control character in a text': when(
      (sent) => (queryOf(sent).get('q') ?? '').includes('\u001e'),
      async () => problem(400, 'invalid_request', 'No'),
    ),
    'accepts a unit separator in a text': changedQuery('q', (q) => q.replaceAll('\u001f', '')),
    'leaves the limit out of Link': changedLink((link) => link.replace(/limit=\d+&/, '')),
    'binds a cursor to its limit': when(
      (sent) => isFurther(sent) && queryOf(sent).get('limit') === '2',
      async (sent, forward, { marks }) => {
        const isMine = marks.has(queryOf(sent).get('cursor') ?? '');
        return isMine ? forward(sent) : problem(400, 'invalid_request', 'No');
      },
    ),
    'accepts a cursor of a list with another filter': when(
      (sent) => isFurther(sent) && queryOf(sent).has('done'),
      instead(400, 200, []),
    ),
    'repeats an item on the next page': answer(200, ({ body }, sent, _forward, { marks }) => {
      const items: Json[] = JSON.parse(body || '[]');
      const last = marks.get('last');
      marks.set('last', JSON.stringify(items.at(-1)));
      const repeated = last && JSON.stringify([JSON.parse(last), ...items.slice(1)]);
      return isFurther(sent) && repeated ? { body: repeated } : {};
    }),
    'skips an item on the next page': answerList((items, sent) =>
      isFurther(sent) ? items.slice(1) : items,
    ),
    'starts again at the first page': askQuery(() => ({ cursor: undefined })),
    'has no Link': answerHeaders(200, () => ({ link: undefined })),
    'has a Link on the last page': answerHeaders(200, ({ link }) => ({
      link: link ?? '</todos?cursor=abc>; rel="next"',
    })),
    'gives the next page the relation prev': changedLink((link) => link.replace('next', 'prev')),
    'leaves the filters out of Link': changedLink((link) =>
      link.replace(/\?.*(cursor=[\w-]+)[^>]*>/, '?$1>'),
    ),
    'ignores an unknown cursor': askQuery(({ cursor }) => ({
      cursor: cursor === 'nonsense' ? undefined : cursor,
    })),
    "accepts another user's cursor": async (sent, forward, { marks }) => {
      const cursor = queryOf(sent).get('cursor') ?? '';
      const received = await forward(sent);
      const [, next] = /cursor=([\w-]+)/.exec(received.headers['link'] ?? '') ?? [];
      if (next) marks.set(next, bearerOf(sent));
      return received.status === 400 && marks.has(cursor) ? made(200, []) : received;
    },
    'pages by offset': async (sent, forward) => {
      if (sent.method === 'HEAD') return forward(sent);
      const { cursor = '', limit = '20', ...rest } = Object.fromEntries(queryOf(sent));
      const whole = { ...sent, path: `/todos?${new URLSearchParams({ ...rest, limit: '100' })}` };
      const [asked, all] = [await forward(sent), await forward(whole)];
      const [start, isOurs] = [Number(cursor.slice(1)), /^o\d+$/.test(cursor)];
      if (all.status !== 200 || (asked.status !== 200 && !isOurs) || Number(limit) > 100)
        return asked;
      const items: Json[] = JSON.parse(all.body);
      const end = start + Number(limit);
      const next = new URLSearchParams({ ...rest, limit, cursor: `o${end}` });
      const link = end < items.length ? { link: `</todos?${next}>; rel="next"` } : {};
      return made(200, items.slice(start, end), link);
    },
    'answers a request without a token with an empty list': instead(401, 200, []),
    'answers 404 for an empty list': answer(200, ({ body }) =>
      body === '[]' ? problem(404, 'not_found', 'None') : {},
    ),
  },
  createTodo: {
    'answers 200': answerStatus(201, 200),
    'answers without a Location': answerHeaders(201, () => ({ location: undefined })),
    'gives the Location of the list': answerHeaders(201, () => ({ location: '/todos' })),
    'gives no ETag': answerHeaders(201, () => ({ etag: undefined })),
    'gives a weak ETag': answerHeaders(201, ({ etag }) => ({ etag: `W/${etag}` })),
    'gives an ETag of its own': answerHeaders(201, () => ({ etag: '"0"' })),
    'answers with the members that were sent only': answerBody(201, ({ title }) => ({ title })),
    'accepts a member that occurs twice': ask(({ body }) => ({
      body: body.includes('"title":"a","done":true,') ? '{"title":"b"}' : body,
    })),
    'rejects noncharacters': when(
      ({ body }) => body.includes('\ufffe'),
      async () => problem(400, 'invalid_request', 'No'),
    ),
    'reports the first fault only': answerBody(400, (body) => ({
      ...body,
      errors: Array.isArray(body['errors']) ? body['errors'].slice(0, 1) : undefined,
    })),
    'accepts a byte order mark as a title': changedTitle((title) =>
      title === '\ufeff' ? 'a' : title,
    ),
    'answers a repetition with the todo as it is now': answer(
      201,
      async (received, sent, forward) => {
        if (!sent.headers['idempotency-key']) return {};
        const path = received.headers['location'] ?? '';
        const now = await forward({ ...sent, method: 'GET', path, body: '' });
        return now.status === 200 ? { body: now.body } : {};
      },
    ),
    'answers a repetition with 404 after a deletion': answer(
      201,
      async (received, sent, forward) => {
        const path = received.headers['location'] ?? '';
        const now = await forward({ ...sent, method: 'GET', path, body: '' });
        return now.status === 404 ? now : {};
      },
    ),
    'rejects a repetition with other bytes of the same content': async (
      sent,
      forward,
      { marks },
    ) => {
      const key = sent.headers['idempotency-key'];
      if (key === undefined) return forward(sent);
      const first = marks.get(`${bearerOf(sent)} ${key}`) ?? sent.body;
      marks.set(`${bearerOf(sent)} ${key}`, first);
      const isSame = first === sent.body;
      return isSame ? forward(sent) : problem(409, 'idempotency_key_reused', 'No');
    },
    'loses the description': askBody(({ description: _, ...body }) => body),
    'loses done': askBody(({ done: _, ...body }) => body),
    'trims titles': changedTitle((title) => title.trim() || title),
    'escapes what would be HTML': answerBody(201, (body) => ({
      ...body,
      title: `${body['title']}`.replaceAll('"', '&quot;'),
    })),
    'makes ids of version 4': answerBody(201, (body) => ({ ...body, id: crypto.randomUUID() })),
    'accepts blank titles': changedTitle((title) => (/^\s+$/.test(title) ? 'blank' : title)),
    'counts surrogates, not characters': when(
      (sent) => `${jsonOf(sent)['title']}`.length > 200,
      async () => problem(400, 'invalid_request', 'too long'),
    ),
    'cuts titles that are too long': changedTitle((title) => [...title].slice(0, 200).join('')),
    'accepts null characters': ask(({ body }) => ({ body: body.replaceAll('\\u0000', '') })),
    'accepts a lone high surrogate': ask(({ body }) => ({ body: body.replace('\\ud83d', '') })),
    'accepts a lone low surrogate': ask(({ body }) => ({ body: body.replace('\\udd11', '') })),
    'accepts unknown members': askBody(({ bogus: _, ...body }) => body),
    'accepts every value as a boolean': askBody((body) => ({
      ...body,
      ...('done' in body && { done: Boolean(body['done']) }),
    })),
    'rejects a body of half the limit': when(
      (sent) => sent.body.length > 32_768,
      async () => problem(413, 'content_too_large', 'Too large'),
    ),
    'accepts a body that is too large': ask(({ body }) => ({ body: body.trimEnd() })),
    'ignores Idempotency-Key': askHeaders(() => ({ 'idempotency-key': undefined })),
    'answers 409 to the same request again': async (sent, forward, { marks }) => {
      const key = `${sent.headers['idempotency-key']} ${bearerOf(sent)}`;
      const isAgain = sent.headers['idempotency-key'] && marks.has(key);
      marks.set(key, 'used');
      return isAgain ? problem(409, 'idempotency_key_reused', 'Again') : forward(sent);
    },
    'answers another request under the same key': instead(409, 201, TODO),
    'answers 422 to another request under the same key': answerStatus(409, 422),
    'answers another request under the same key with the code username_taken': answerBody(
      409,
      (body) => ({
        ...body,
        code: 'username_taken',
      }),
    ),
    'shares keys between users': async (sent, forward, { marks }) => {
      const key = `${sent.headers['idempotency-key']} ${sent.body}`;
      const before = sent.headers['idempotency-key'] && marks.get(key);
      if (before) return made(201, JSON.parse(before), createdAs(JSON.parse(before).id));
      const received = await forward(sent);
      if (received.status === 201) marks.set(key, received.body);
      return received;
    },
    'accepts a key with a space': askHeaders(({ 'idempotency-key': key }) => ({
      'idempotency-key': key && `${key}`.replaceAll(' ', '-'),
    })),
  },
  deleteTodos: {
    'deletes all, whatever is asked': askQuery(() => ({ done: undefined })),
    'deletes the finished ones, whatever is asked': when(
      (sent) => !sent.path.includes('bogus'),
      askQuery(() => ({ done: true })),
    ),
    'deletes the others': changedQuery('done', (done) => `${done !== 'true'}`),
    'deletes nothing': pretend(204),
    'answers with a count': answer(204, () => made(200, { deleted: 2 })),
    'deletes the todos of all users': async (sent, forward, { todos: known }) => {
      const owners = new Set([...known.values()].map(({ token }) => token));
      for (const token of owners) await forward({ ...sent, ...as(token) });
      return forward(sent);
    },
  },
};

/** Changes a parameter that has a value. If nothing is left of the value, it goes, too. */
function changedQuery(name: string, change: (value: string) => string): Fault {
  return askQuery(({ [name]: value }) => ({
    [name]: value ? change(`${value}`) || undefined : value,
  }));
}

function changedLink(change: (link: string) => string): Fault {
  return answerHeaders(200, ({ link }) => ({ link: link && change(`${link}`) }));
}

function changedTitle(change: (title: string) => string): Fault {
  return askBody((body) =>
    typeof body['title'] === 'string' ? { ...body, title: change(body['title']) } : body,
  );
}
