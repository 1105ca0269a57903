import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Call, Client } from './client.ts';
import type { Journal } from './journal.ts';

export interface Pair {
  access_token: string;
  refresh_token: string;
}

/** How often a session is used. */
const USES_PER_SESSION = 4;
const PAUSE_MS = 50;

/** Uses the service, and remembers its answers. */
export class SimulatedUser {
  readonly client: Client;
  /** The titles of the created todos. */
  readonly todos: string[] = [];
  /** The tokens of the live session, and its last spent refresh token. */
  session: (Pair & { spent?: string }) | undefined;
  /** The last tokens of the sessions that this user has ended. */
  readonly ended: Pair[] = [];
  #credentials: { username: string; password: string };
  #journal: Journal;

  constructor(username: string, client: Client, journal: Journal) {
    this.client = client;
    this.#credentials = { username, password: randomUUID() };
    this.#journal = journal;
  }

  async register(): Promise<void> {
    // A repeated registration finds that the name is in use.
    const call = { body: this.#credentials, expected: 201, onRepeat: 409 };
    await this.client.send('POST /auth/register', call);
  }

  /** Uses one session after the other; stops in the middle of a session. */
  async live(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      try {
        let session = await this.signIn();
        for (let use = 0; use < USES_PER_SESSION && !isOver(); use += 1) {
          session = await this.refresh(session);
          await this.#addTodo(session);
          await sleep(PAUSE_MS);
        }
        if (!isOver()) await this.#end(session);
      } catch (error) {
        this.#journal.faults.push(`${this.#credentials.username}: ${error}`);
      }
    }
  }

  async signIn(): Promise<Pair> {
    const call = { body: this.#credentials, expected: 200 };
    this.session = parsePair(await this.#write('POST /auth/login', call));
    return this.session;
  }

  async refresh({ refresh_token }: Pair): Promise<Pair> {
    const call = { body: { refresh_token }, idempotencyKey: randomUUID(), expected: 200 };
    const pair = parsePair(await this.#write('POST /auth/refresh', call));
    this.session = { ...pair, spent: refresh_token };
    return pair;
  }

  /** Adds a todo, and reads it from the other node. */
  async #addTodo({ access_token: access }: Pair): Promise<void> {
    const title = `${this.#credentials.username} ${this.todos.length}`;
    const idempotencyKey = randomUUID();
    const call = { access, body: { title }, idempotencyKey, expected: 201 };
    const { id }: { id: string } = JSON.parse(await this.#write('POST /todos', call));
    this.todos.push(title);
    await this.client.send(`GET /todos/${id}`, { access, expected: 200 });
  }

  /** Ends the session in one of three ways, and checks that both nodes reject it. */
  async #end(session: Pair): Promise<void> {
    const access = session.access_token;
    const ways = [
      ['POST /auth/logout', 200],
      ['DELETE /auth/sessions', 204],
      [`DELETE /auth/sessions/${readSessionId(access)}`, 204],
    ] as const;
    const [route, expected] = ways[this.ended.length % ways.length] ?? ways[0];
    // A repeated request finds that the session has ended.
    await this.#write(route, { access, expected, onRepeat: '401 session_ended' });
    this.session = undefined;
    this.ended.push(session);
    await this.expectEnded(session);
  }

  /** @throws Error if one of the nodes accepts one of the tokens */
  async expectEnded({ access_token: access, refresh_token }: Pair): Promise<void> {
    const me: Call = { access, expected: '401 session_ended' };
    const refresh: Call = { body: { refresh_token }, expected: '401 invalid_refresh_token' };
    for (let node = 0; node < 2; node += 1) await this.client.send('GET /auth/me', me);
    for (let node = 0; node < 2; node += 1) await this.client.send('POST /auth/refresh', refresh);
  }

  async #write(route: string, call: Call): Promise<string> {
    const { text } = await this.client.send(route, call);
    this.#journal.writes.push(performance.now());
    return text;
  }
}

function parsePair(text: string): Pair {
  return JSON.parse(text); // the contract tests check its form
}

/** The id of an access token's session. */
function readSessionId(access: string): string {
  const [, claims = ''] = access.split('.');
  return JSON.parse(Buffer.from(claims, 'base64url').toString()).sid;
}
