// Faults of a service with the resource notes, and the check that has to notice each. These checks come
// from the document alone: no check was written for notes.
import { bearerOf, jsonOf, textOf } from '../contract/mutants/known.ts';
import type { Fault, Sent } from '../contract/mutants/proxy.ts';
import { answer, as, ask, made, reject, when } from '../contract/mutants/words.ts';

export interface NoteFault {
  operation: string;
  what: string;
  fault: Fault | { onAllRequests: Fault };
  noticedBy: string;
}

const NOTE = {
  id: '01a20f3c-c4b1-7248-8f7a-578460daf654',
  title: 'a',
  body: '',
  created_at: '2026-01-01T00:00:00.000Z',
  updated_at: '2026-01-01T00:00:00.000Z',
};

/** Shows a note to every user. */
const shownToAll: Fault = async (sent, forward, { marks }) => {
  const received = await forward(sent);
  if (received.status === 201) marks.set(`/notes/${jsonOf(received)['id']}`, bearerOf(sent));
  const owner = sent.method === 'GET' && marks.get(sent.path);
  return received.status === 404 && owner ? forward({ ...sent, ...as(owner) }) : received;
};

const read = (sent: Sent): Sent => ({ ...sent, method: 'GET', body: '' });

const ACCEPTED = 'accepted: a request that the schemas allow';

const TABLE: Record<string, [what: string, fault: NoteFault['fault'], noticedBy: string][]> = {
  listNotes: [
    ['asks for no token', answer(401, made(200, [])), '401 no access token'],
    ['wraps the list', answer(200, ({ body }) => ({ body: `{"items":${body}}` })), ACCEPTED],
    [
      'accepts a limit of 101',
      ask.query(({ limit }) => ({ limit: limit === '101' ? '100' : limit })),
      '400 limit greater than 100',
    ],
    [
      'accepts unknown parameters',
      ask.query({ bogus: undefined }),
      '400 an unknown query parameter',
    ],
    [
      'has no Link to the next page',
      answer.headers(200, { link: undefined }),
      '200 two items on two pages, with a Link from one to the other',
    ],
  ],
  createNote: [
    ['answers 200', answer(201, { status: 200 }), ACCEPTED],
    ['answers without a Location', answer.headers(201, { location: undefined }), ACCEPTED],
    [
      'loses the body of the note',
      answer.body(201, { body: '' }),
      'accepted: /title of 1 character',
    ],
    ['accepts unknown members', ask.body({ bogus: undefined }), '400 /bogus that is unknown'],
    [
      'accepts a title of 201 characters',
      when(
        (sent) => textOf(sent, 'title').length === 201,
        ask.body(({ title }) => ({ title: `${title}`.slice(0, 200) })),
      ),
      '400 /title longer than 200 characters',
    ],
    [
      'rejects a title of 200 characters',
      when((sent) => [...textOf(sent, 'title')].length === 200, reject(400)),
      'accepted: /title of 200 characters',
    ],
    [
      'accepts another media type',
      ask.headers({ 'content-type': 'application/json' }),
      '415 a body of another media type',
    ],
    [
      'accepts a body that is too large',
      ask(({ body }) => ({ body: body.trimEnd() })),
      '413 a body that is one byte too large',
    ],
    ['answers 422 to wrong bodies', answer(400, { status: 422 }), '400 an unknown query parameter'],
  ],
  getNote: [
    ['invents notes', answer(404, made(200, NOTE)), '404 a note_id that does not exist'],
    ['shows notes to other users', { onAllRequests: shownToAll }, '404 a note_id of another user'],
    [
      'answers 404 with another code',
      answer.body(404, { code: 'username_taken' }),
      'accepted: the example of note_id: 019ab1d0-5c00-7000-8000-000000000001',
    ],
    ['answers text', answer.headers(200, { 'content-type': 'text/plain' }), ACCEPTED],
    ['leaves created_at out', answer.body(200, { created_at: undefined }), ACCEPTED],
    ['ignores Accept', ask.headers({ accept: '*/*' }), '406 an Accept that excludes JSON'],
  ],
  replaceNote: [
    [
      'answers with the note as it was',
      async (sent, forward) => {
        const before = await forward(read(sent));
        const received = await forward(sent);
        return received.status === 200 ? before : received;
      },
      'accepted: a body with the required members only',
    ],
    [
      'accepts a body without a title',
      ask.body(({ title = 'a' }) => ({ title })),
      '400 /title that is missing',
    ],
  ],
  deleteNote: [
    [
      'deletes nothing',
      async (sent, forward) => {
        const received = await forward(read(sent));
        return received.status === 200 ? made(204) : received;
      },
      '404 getNote after deleteNote',
    ],
    ['answers 200 with a message', answer(204, made(200, { message: 'Deleted' })), ACCEPTED],
  ],
};

export const noteFaults: NoteFault[] = Object.entries(TABLE).flatMap(([operation, faults]) =>
  faults.map(([what, fault, noticedBy]) => ({ operation, what, fault, noticedBy })),
);
