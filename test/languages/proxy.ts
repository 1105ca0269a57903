import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface Exchange {
  /** `GET /todos` */
  target: string;
  query: URLSearchParams;
  headers: Record<string, string>;
  body: string;
  status: number;
  answer: Record<string, unknown>;
}

/** Something that the service gets wrong, at a step of the scenario. */
export interface Fault {
  step: number;
  title: string;
  /** Changes a request on its way to the service. */
  request?(exchange: Exchange): void;
  /** Changes an answer on its way back. */
  answer?(exchange: Exchange): void;
}

const TODO = /^\w+ \/todos\/[\w-]+$/;

/** What a program may not overlook. */
export const FAULTS: Fault[] = [
  {
    step: 2,
    title: 'the new todo has another title',
    answer({ target, answer }) {
      if (target === 'POST /todos') answer['title'] = 'Buy milk & m?sli ?';
    },
  },
  {
    step: 3,
    title: 'the second page is the first again',
    request({ query }) {
      if (query.get('cursor') !== 'made-up') query.delete('cursor');
    },
  },
  {
    step: 4,
    title: 'the todo is not finished',
    answer({ target, answer }) {
      if (TODO.test(target)) answer['done'] = false;
    },
  },
  {
    step: 5,
    title: 'If-Match means nothing',
    request({ headers }) {
      delete headers['if-match'];
    },
  },
  {
    step: 6,
    title: 'a wrong cursor means nothing',
    request({ query }) {
      if (query.get('cursor') === 'made-up') query.delete('cursor');
    },
  },
  {
    step: 8,
    title: 'the missing todo has another problem',
    answer({ status, answer }) {
      if (status === 404) answer['code'] = 'username_taken';
    },
  },
  {
    step: 9,
    title: 'a refresh token in the body is not spent',
    answer({ target, body, answer }) {
      if (target === 'POST /auth/refresh' && body.includes('refresh_token')) {
        Object.assign(answer, JSON.parse(body));
      }
    },
  },
  {
    step: 10,
    title: 'a refresh token in the header is not spent',
    answer({ headers, answer }) {
      const token = headers['refresh-token'];
      if (token) answer['refresh_token'] = token;
    },
  },
  {
    step: 12,
    title: 'the error of an ended session has another text',
    answer({ answer }) {
      if (answer['code'] === 'session_ended') answer['detail'] = 'You have been logged out.';
    },
  },
  {
    step: 13,
    title: 'the error of a rejected refresh token has another text',
    answer({ answer }) {
      if (answer['code'] === 'invalid_refresh_token') answer['detail'] = 'invalid refresh token';
    },
  },
];

/** A token pair may have two members. */
export const THIRD_MEMBER: Fault = {
  step: 1,
  title: 'a token pair has a third member',
  answer({ answer }) {
    if ('access_token' in answer) answer['expires_in'] = 900;
  },
};

/** Stands before the service at `url` with a fault of its own. */
export async function startFaulty(url: string, fault: Fault) {
  const server = createServer(async (request, response) => {
    try {
      const exchange = await readRequest(request);
      fault.request?.(exchange);
      const answer = await ask(url, exchange);
      const text = await answer.text();
      exchange.status = answer.status;
      exchange.answer = text ? JSON.parse(text) : {};
      fault.answer?.(exchange);
      response.writeHead(answer.status, endToEnd(Object.fromEntries(answer.headers)));
      response.end(text && JSON.stringify(exchange.answer));
    } catch (error) {
      response.destroy(error instanceof Error ? error : undefined);
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo; // it listens on a port, not on a pipe
  return Object.assign(server, { url: `http://localhost:${port}` });
}

async function readRequest(request: IncomingMessage): Promise<Exchange> {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
  return {
    target: `${request.method} ${pathname}`,
    query: searchParams,
    headers: endToEnd(request.headers),
    body: (await buffer(request)).toString(),
    status: 0,
    answer: {},
  };
}

/** Headers of one connection, or of a body that may have changed. */
const OF_ONE_HOP =
  /^(host|connection|keep-alive|upgrade|http2-settings|transfer-encoding|content-length)$/;

function endToEnd(headers: NodeJS.Dict<string | string[]>): Record<string, string> {
  const kept = Object.entries(headers).filter(([name]) => !OF_ONE_HOP.test(name));
  return Object.fromEntries(kept.map(([name, value]) => [name, String(value)]));
}

function ask(url: string, { target, query, headers, body }: Exchange): Promise<Response> {
  const [method = '', path = ''] = target.split(' ');
  const search = query.size > 0 ? `?${query}` : '';
  return fetch(url + path + search, { method, headers, ...(body && { body }) });
}
