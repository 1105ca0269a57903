// Broken servers: listing, creating and deleting todos.
import { bearerOf, type Json, textOf, withOthers } from './known.ts';
import type { Mutants } from './mutants.ts';
import type { Fault, Received, Sent } from './proxy.ts';
import { answer, as, ask, made, problem, reject, repeat, reply, when } from './words.ts';

const asksForNextPage = (sent: Sent) => sent.path.includes('cursor=');
const queryOf = ({ path }: Sent) => new URLSearchParams(path.split('?')[1]);
const textSoughtBy = (sent: Sent) => queryOf(sent).get('q') ?? '';
const nextCursor = ({ headers }: Received) => /cursor=([\w-]+)/.exec(headers['link'] ?? '')?.[1];
const keyIn = ({ headers }: Sent) => headers['idempotency-key'];
const TODO = {
  id: '01a20f3c-c4b1-7248-8f7a-578460daf654',
  title: 'a',
  description: '',
  done: false,
  created_at: '2026-01-01T00:00:00.000Z',
  updated_at: '2026-01-01T00:00:00.000Z',
};

const SORTS = ['created_at', '-created_at', 'updated_at', '-updated_at'];
const faultsOfSort = (sort: string): [what: string, fault: Fault][] => {
  const other = sort.startsWith('-') ? sort.slice(1) : `-${sort}`;
  const isSorted = (sent: Sent) => queryOf(sent).get('sort') === sort;
  return [
    [`sorts by ${sort} the other way round`, when(isSorted, ask.query({ sort: other }))],
    [
      `skips an item on the next page, by ${sort}`,
      when(
        (sent) => asksForNextPage(sent) && isSorted(sent),
        answer.list((items) => items.slice(1)),
      ),
    ],
  ];
};

/** The request for the todo that was just created. */
const readNew = (received: Received, sent: Sent): Sent => ({
  ...sent,
  method: 'GET',
  path: received.headers['location'] ?? '',
  body: '',
});

export const todos: Mutants = {
  listTodos: {
    'shows the todos of all users': answer.list((items, _, { todos: known }) =>
      withOthers(items, known).slice(0, 100),
    ),
    'has numbers for done': answer.body(200, ({ done }) => ({ done: Number(done) })),
    'does not filter by done': ask.query({ done: undefined }),
    'does not filter by text': ask.query({ q: undefined }),
    'searches titles only': answer.list((items, sent) => {
      const text = textSoughtBy(sent).toLowerCase();
      return items.filter(({ title }) => `${title}`.toLowerCase().includes(text));
    }),
    'searches case-sensitively': answer.list((items, sent) =>
      items.filter(({ title, description }) =>
        `${title} ${description}`.includes(textSoughtBy(sent)),
      ),
    ),
    'searches umlauts case-sensitively': when(
      (sent) => textSoughtBy(sent).includes('ä'),
      reply(made(200, [])),
    ),
    'has `%` match any text': changedQuery('q', (q) => q.replaceAll('%', '')),
    'has `_` match any character': changedQuery('q', (q) => q.replaceAll('_', '')),
    'does not sort': ask.query({ sort: undefined }),
    ...Object.fromEntries(SORTS.flatMap(faultsOfSort)),
    'sorts by creation only': changedQuery('sort', (sort) => sort.replace('updated', 'created')),
    'lists the newest first by default': ask.query(({ sort = '-created_at' }) => ({ sort })),
    'does not limit': changedQuery('limit', (limit) => limit.replace(/^2$/, '100')),
    'has 10 todos on a page by default': ask.query(({ limit = 10 }) => ({ limit })),
    'accepts a limit of 101': changedQuery('limit', (limit) => limit.replace('101', '100')),
    'accepts a parameter that is sent twice': ask(({ path }) => ({
      path: path.replace(/\b(\w+)=[^&]*&(?=\1=)/, ''),
    })),
    'accepts the limit `020`': changedQuery('limit', (limit) => limit.replace(/^0+(?=\d)/, '')),
    'accepts the limit `+20`': changedQuery('limit', (limit) => limit.replace('+', '')),
    'accepts 1 for true': changedQuery('done', (done) => done.replace('1', 'true')),
    'accepts TRUE for true': changedQuery('done', (done) => done.toLowerCase()),
    'ignores a parameter without a value': ask(({ path }) => ({
      path: path.replace(/\b(done|limit|q|sort)=(?=&|$)/, ''),
    })),
    'accepts a parameter that is sent twice with one value': ask(({ path }) => ({
      path: path.replace(/\b(\w+=\w+)&\1$/, '$1'),
    })),
    'rejects every control character in a text': when(
      (sent) => textSoughtBy(sent).includes('\u001e'),
      reject(400),
    ),
    'accepts a unit separator in a text': changedQuery('q', (q) => q.replaceAll('\u001f', '')),
    'leaves the limit out of Link': changedLink((link) => link.replace(/limit=\d+&/, '')),
    'binds a cursor to its limit': async (sent, forward, { marks }) => {
      const query = queryOf(sent);
      const limit = query.get('limit') ?? '';
      const received = await forward(sent);
      const next = nextCursor(received);
      if (next) marks.set(next, limit);
      const bound = marks.get(query.get('cursor') ?? '') ?? limit;
      return bound === limit ? received : problem(400);
    },
    'accepts a cursor of a list with another filter': when(
      (sent) => asksForNextPage(sent) && queryOf(sent).has('done'),
      answer(400, made(200, [])),
    ),
    'repeats an item on the next page': answer(200, ({ body }, sent, _forward, { marks }) => {
      const items: Json[] = JSON.parse(body || '[]');
      const last = marks.get('last');
      marks.set('last', JSON.stringify(items.at(-1)));
      const repeated = last && JSON.stringify([JSON.parse(last), ...items.slice(1)]);
      return asksForNextPage(sent) && repeated ? { body: repeated } : {};
    }),
    'starts again at the first page': ask.query({ cursor: undefined }),
    'has no Link': answer.headers(200, { link: undefined }),
    'has a Link on the last page': answer.headers(
      200,
      ({ link = '</todos?cursor=abc>; rel="next"' }) => ({ link }),
    ),
    'gives the next page the relation prev': changedLink((link) => link.replace('next', 'prev')),
    'leaves the filters out of Link': changedLink((link) =>
      link.replace(/\?.*(cursor=[\w-]+)[^>]*>/, '?$1>'),
    ),
    'ignores an unknown cursor': changedQuery('cursor', (cursor) =>
      cursor === 'nonsense' ? '' : cursor,
    ),
    "accepts another user's cursor": async (sent, forward, { marks }) => {
      const cursor = queryOf(sent).get('cursor') ?? '';
      const received = await forward(sent);
      const next = nextCursor(received);
      if (next) marks.set(next, bearerOf(sent));
      return received.status === 400 && marks.has(cursor) ? made(200, []) : received;
    },
    'pages by offset': async (sent, forward) => {
      const read = { ...sent, method: 'GET' }; // also for HEAD
      const { cursor = '', limit = '20', ...rest } = Object.fromEntries(queryOf(sent));
      const whole = { ...read, path: `/todos?${new URLSearchParams({ ...rest, limit: '100' })}` };
      const [asked, all] = [await forward(read), await forward(whole)];
      const [start, isOurs] = [Number(cursor.slice(1)), /^o\d+$/.test(cursor)];
      if (all.status !== 200 || (asked.status !== 200 && !isOurs) || Number(limit) > 100)
        return asked;
      const items: Json[] = JSON.parse(all.body);
      const end = start + Number(limit);
      const next = new URLSearchParams({ ...rest, limit, cursor: `o${end}` });
      const link = end < items.length ? { link: `</todos?${next}>; rel="next"` } : {};
      return made(200, items.slice(start, end), link);
    },
    'answers a request without a token with an empty list': answer(401, made(200, [])),
    'answers 404 for an empty list': answer(200, ({ body }) => (body === '[]' ? problem(404) : {})),
  },
  createTodo: {
    'gives the Location of the list': answer.headers(201, { location: '/todos' }),
    'gives a weak ETag': answer.headers(201, ({ etag }) => ({ etag: `W/${etag}` })),
    'gives an ETag that GET does not give': answer.headers(201, { etag: '"0"' }),
    'accepts a member that occurs twice': ask(({ body }) => ({
      body: body.includes('"title":"a","done":true,') ? '{"title":"b"}' : body,
    })),
    'rejects noncharacters': when(({ body }) => body.includes('\ufffe'), reject(400)),
    'reports the first fault only': answer.body(400, ({ errors }) => ({
      errors: Array.isArray(errors) ? errors.slice(0, 1) : undefined,
    })),
    'accepts a byte order mark as a title': changedTitle((title) =>
      title === '\ufeff' ? 'a' : title,
    ),
    'answers a repetition with the todo as it is now': when(
      (sent) => keyIn(sent) !== undefined,
      answer(201, async (received, sent, forward) => {
        const now = await forward(readNew(received, sent));
        return now.status === 200 ? { body: now.body } : {};
      }),
    ),
    'answers a repetition with 404 after a deletion': answer(
      201,
      async (received, sent, forward) => {
        const now = await forward(readNew(received, sent));
        return now.status === 404 ? now : {};
      },
    ),
    'rejects a repetition with other bytes of the same content': async (
      sent,
      forward,
      { marks },
    ) => {
      if (keyIn(sent) === undefined) return forward(sent);
      const key = `${keyIn(sent)} ${bearerOf(sent)}`;
      const first = marks.get(key) ?? sent.body;
      marks.set(key, first);
      return first === sent.body ? forward(sent) : problem(409);
    },
    'loses the description': ask.body({ description: undefined }),
    'loses done': ask.body({ done: undefined }),
    'trims titles': changedTitle((title) => title.trim() || title),
    'escapes what would be HTML': answer.body(201, ({ title }) => ({
      title: `${title}`.replaceAll('"', '&quot;'),
    })),
    'makes ids of version 4': answer.body(201, () => ({ id: crypto.randomUUID() })),
    'accepts blank titles': changedTitle((title) => (/^\s+$/.test(title) ? 'blank' : title)),
    'counts surrogates, not characters': when(
      (sent) => textOf(sent, 'title').length > 200,
      reject(400),
    ),
    'cuts titles that are too long': changedTitle((title) => [...title].slice(0, 200).join('')),
    'accepts null characters': ask(({ body }) => ({ body: body.replaceAll('\\u0000', '') })),
    'accepts a lone high surrogate': ask(({ body }) => ({ body: body.replace('\\ud83d', '') })),
    'accepts a lone low surrogate': ask(({ body }) => ({ body: body.replace('\\udd11', '') })),
    'accepts unknown members': ask.body({ bogus: undefined }),
    'accepts every value as a boolean': ask.body((body) =>
      'done' in body ? { done: Boolean(body['done']) } : {},
    ),
    'rejects a body of half the limit': when(({ body }) => body.length > 32_768, reject(413)),
    'accepts a body that is too large': ask(({ body }) => ({ body: body.trimEnd() })),
    'ignores Idempotency-Key': ask.headers({ 'idempotency-key': undefined }),
    'answers 409 to the same request again': async (sent, forward, { marks }) => {
      const key = `${keyIn(sent)} ${bearerOf(sent)}`;
      const isAgain = keyIn(sent) && marks.has(key);
      marks.set(key, 'used');
      return isAgain ? problem(409) : forward(sent);
    },
    'answers another request under the same key': answer(
      409,
      made(201, TODO, { location: `/todos/${TODO.id}`, etag: '"1"' }),
    ),
    'shares keys between users': repeat((sent) => keyIn(sent) && `${keyIn(sent)} ${sent.body}`),
    'accepts a key with a space': ask.headers(({ 'idempotency-key': key }) => ({
      'idempotency-key': key && `${key}`.replaceAll(' ', '-'),
    })),
  },
  deleteTodos: {
    'deletes all, whatever is asked': ask.query({ done: undefined }),
    'deletes the finished ones, whatever is asked': when(
      (sent) => !sent.path.includes('bogus'),
      ask.query({ done: true }),
    ),
    'deletes the todos that the filter excludes': changedQuery(
      'done',
      (done) => `${done !== 'true'}`,
    ),
    'deletes nothing': reply(made(204)),
    'deletes the todos of all users': async (sent, forward, { todos: known }) => {
      const owners = new Set([...known.values()].map(({ token }) => token));
      for (const token of owners) await forward({ ...sent, ...as(token) });
      return forward(sent);
    },
  },
};

/** Changes a parameter that has a value. An empty new value removes the parameter. */
function changedQuery(name: string, change: (value: string) => string): Fault {
  return ask.query(({ [name]: value }) => ({
    [name]: value ? change(`${value}`) || undefined : value,
  }));
}

function changedLink(change: (link: string) => string): Fault {
  return answer.headers(200, ({ link }) => ({ link: link && change(`${link}`) }));
}

function changedTitle(change: (title: string) => string): Fault {
  return ask.body(({ title }) => (typeof title === 'string' ? { title: change(title) } : {}));
}
