// The refresh tokens of this session, as far as this page has seen them.
import { effect, signal } from '@preact/signals';
import { watchPairs } from './exchanges.ts';
import { current } from './session.ts';

interface Generation {
  token: string;
  state: 'current' | 'spent' | 'ended';
  /** How often the service has answered this token. */
  answers: number;
}

/** The oldest first. */
export const generations = signal<Generation[]>([]);

watchPairs(({ refresh_token }, path) => {
  const before = path === '/auth/login' ? [] : generations.value;
  const known = before.find(({ token }) => token === refresh_token);
  if (known) {
    generations.value = before.map((one) =>
      one === known ? { ...one, answers: one.answers + 1 } : one,
    );
    return;
  }
  const spent = before.map((one) => ({ ...one, state: 'spent' as const }));
  generations.value = [...spent, { token: refresh_token, state: 'current', answers: 1 }];
});

let loginId: string | undefined;

// A token that another tab, or this one before it was loaded, has received. Another login starts anew.
effect(() => {
  const now = current.value;
  const isSameLogin = now?.login_id === loginId;
  loginId = now?.login_id;
  const known = generations.peek();
  if (!now) {
    generations.value = known.map((one) => ({ ...one, state: 'ended' }));
  } else if (!known.some(({ token }) => token === now.refresh_token)) {
    const spent = isSameLogin ? known.map((one) => ({ ...one, state: 'spent' as const })) : [];
    generations.value = [...spent, { token: now.refresh_token, state: 'current', answers: 1 }];
  }
});
