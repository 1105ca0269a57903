// The refresh tokens of this session that this page has seen.
import { effect, signal } from '@preact/signals';
import { watchPairs } from './exchanges.ts';
import { current } from './session.ts';

interface SeenToken {
  token: string;
  state: 'current' | 'spent' | 'ended';
  /** How many answers of the service contained this token. */
  answers: number;
}

/** In the order in which they were issued. */
export const refreshTokens = signal<SeenToken[]>([]);

watchPairs(({ refresh_token }, path) => {
  const before = path === '/auth/login' ? [] : refreshTokens.value;
  const known = before.find(({ token }) => token === refresh_token);
  if (known) {
    refreshTokens.value = before.map((one) =>
      one === known ? { ...one, answers: one.answers + 1 } : one,
    );
    return;
  }
  const spent = before.map((one) => ({ ...one, state: 'spent' as const }));
  refreshTokens.value = [...spent, { token: refresh_token, state: 'current', answers: 1 }];
});

let loginId: string | undefined;

// Adds a token that another tab received, or that this tab received before a reload. A new login starts
// with an empty list.
effect(() => {
  const now = current.value;
  const isSameLogin = now?.login_id === loginId;
  loginId = now?.login_id;
  const known = refreshTokens.peek();
  if (!now) {
    refreshTokens.value = known.map((one) => ({ ...one, state: 'ended' }));
  } else if (!known.some(({ token }) => token === now.refresh_token)) {
    const spent = isSameLogin ? known.map((one) => ({ ...one, state: 'spent' as const })) : [];
    refreshTokens.value = [...spent, { token: now.refresh_token, state: 'current', answers: 1 }];
  }
});
