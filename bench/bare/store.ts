import { createHash, randomBytes } from 'node:crypto';

export interface TodoRow {
  id: string;
  title: string;
  description: string;
  done: number;
  version: number;
  created_at: number;
  updated_at: number;
}

export interface RotatedSession {
  sessionId: string;
  username: string;
  refreshToken: string;
}

type MaybePromise<T> = T | Promise<T>;

/** The database of the bare server. SQLite is synchronous, PostgreSQL is not. */
export interface Store {
  /** @returns the user's id */
  findLiveSession(sessionId: string): MaybePromise<string | undefined>;
  listTodos(userId: string): MaybePromise<TodoRow[]>;
  findTodo(userId: string, id: string): MaybePromise<TodoRow | undefined>;
  insertTodo(userId: string, row: TodoRow): MaybePromise<unknown>;
  rotateRefreshToken(token: string): MaybePromise<RotatedSession | undefined>;
}

export const IDLE_LIFETIME_MS = 30 * 86_400_000;

export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

export function createRefreshToken(): string {
  return randomBytes(32).toString('hex');
}

export function searchText({ title, description }: TodoRow): string {
  return `${title}\u001f${description}`.toLowerCase();
}
