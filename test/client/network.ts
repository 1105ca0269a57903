import type { Fetch } from '../../src/client/index.ts';

/** What a request meets on its way, instead of simply being sent. */
export type Fault = (request: Request, send: Fetch) => Promise<Response>;

export interface Sent {
  /** `GET /todos` */
  route: string;
  query: URLSearchParams;
  headers: Headers;
  body: string;
}

export type Network = ReturnType<typeof createNetwork>;

/** The network between a client and the service: remembers what went over it, and can fail. */
export function createNetwork() {
  const sent: Sent[] = [];
  const faults = new Map<string, Fault[]>();
  const network = {
    sent,
    /** How many answers were handed on. */
    answered: 0,
    /** What was sent on one route. */
    to: (route: string) => sent.filter((one) => one.route === route),
    /** The next requests on this route meet these faults, one each, in turn. */
    next(route: string, ...list: Fault[]) {
      faults.set(route, [...(faults.get(route) ?? []), ...list]);
    },
    /** Starts a call and holds one of its requests, or the answer to it, back until `finish`. */
    async hold<Result>(
      what: 'request' | 'answer',
      route: string,
      call: () => Promise<Result>,
      end?: Fault,
    ) {
      const { fault, arrived, release } = held(what, end);
      network.next(route, fault);
      const result = call();
      const answer = await arrived;
      const finish = () => {
        release();
        return result;
      };
      return { result, answer, finish };
    },
    async fetch(request: Request) {
      const { pathname, searchParams: query } = new URL(request.url);
      const route = `${request.method} ${pathname}`;
      const headers = new Headers(request.headers);
      sent.push({ route, query, headers, body: await request.clone().text() });
      const fault = faults.get(route)?.shift() ?? ((whole, send) => send(whole));
      const response = await whole(await fault(request, globalThis.fetch));
      network.answered += 1;
      return response;
    },
  };
  return network;
}

/** The answer once all of its body is there: reading it takes no more time. */
async function whole(response: Response): Promise<Response> {
  return response.body ? new Response(await response.arrayBuffer(), response) : response;
}

/** No connection: the service never sees the request. */
export const unreachable: Fault = async () => {
  throw new TypeError('fetch failed');
};

/** The service does what it is asked; its answer is lost. */
export const lostAnswer: Fault = async (request, send) => {
  await send(request);
  throw new TypeError('fetch failed');
};

/** Something between answers in the service's place. */
export function answered(status: number, body = '<h1>Oops</h1>'): Fault {
  return async () => new Response(body, { status, headers: { 'Retry-After': '7' } });
}

/** The access token is spoiled on the way: the service refuses it. */
export const spoiledToken: Fault = async (request, send) => {
  request.headers.set('Authorization', 'Bearer spoiled');
  return send(request);
};

/** Holds a request, or its answer, back until it is released; `end` can make it a failure then. */
export function held(what: 'request' | 'answer', end?: Fault) {
  const arrived = Promise.withResolvers<Response | undefined>();
  const released = Promise.withResolvers<void>();
  const fault: Fault = async (request, send) => {
    const answer = what === 'answer' ? await whole(await send(request)) : undefined;
    arrived.resolve(answer?.clone());
    await released.promise;
    return end ? end(request, send) : (answer ?? send(request));
  };
  return { fault, arrived: arrived.promise, release: () => released.resolve() };
}
