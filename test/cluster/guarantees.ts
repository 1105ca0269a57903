import type { Call } from './client.ts';
import type { Journal } from './journal.ts';
import type { SimulatedUser } from './simulated-user.ts';

/** A guarantee, the amount of checked data, and the violations. */
export interface Result {
  guarantee: string;
  checked: string;
  faults: string[];
}

/** Compares the service's data with its answers to the users. */
export async function checkGuarantees(users: SimulatedUser[], journal: Journal): Promise<Result[]> {
  const todos = users.flatMap((user) => user.todos).length;
  const ended = users.flatMap((user) => user.ended).length;
  return [
    {
      guarantee: 'every request gets the expected answer, or 503',
      checked: `${journal.requests} requests`,
      faults: journal.faults.filter((fault) => !isLogout(fault)),
    },
    {
      guarantee: 'no user is logged out',
      checked: `${users.length} sessions, refreshed at both nodes`,
      faults: [...journal.faults.filter(isLogout), ...(await findFaults(users, continuesSession))],
    },
    {
      guarantee: 'no answered write is lost or done twice',
      checked: `${todos} todos`,
      faults: await findFaults(users, hasItsTodos),
    },
    {
      guarantee: 'no ended session works',
      checked: `both tokens of ${ended} sessions, at both nodes`,
      faults: await findFaults(users, staysSignedOut),
    },
    {
      guarantee: 'the reuse of a spent token is detected',
      checked: `${users.length} refresh tokens`,
      faults: await findFaults(users, detectsReuse),
    },
  ];
}

/** Whether a user who had not signed out was rejected. */
function isLogout(fault: string): boolean {
  return fault.includes('was answered with 401');
}

/** Runs the check for all users at once. */
async function findFaults(users: SimulatedUser[], check: (user: SimulatedUser) => Promise<void>) {
  const results = await Promise.allSettled(users.map(check));
  return results.flatMap((result) => (result.status === 'rejected' ? String(result.reason) : []));
}

/** Refreshes twice, once at each node. */
async function continuesSession(user: SimulatedUser): Promise<void> {
  const session = user.session ?? (await user.signIn());
  await user.refresh(await user.refresh(session));
}

async function hasItsTodos(user: SimulatedUser): Promise<void> {
  const found = await listTitles(user);
  const lost = user.todos.filter((title) => !found.includes(title));
  if (lost.length > 0) throw new Error(`lost: ${lost.join(', ')}`);
  const surplus = found.filter(
    (title, index) => found.indexOf(title) !== index || !user.todos.includes(title),
  );
  if (surplus.length > 0) throw new Error(`there twice, or never answered: ${surplus.join(', ')}`);
}

async function listTitles({ client, session }: SimulatedUser): Promise<string[]> {
  const titles: string[] = [];
  let path: string | undefined = '/todos?limit=100';
  while (path) {
    const call = { access: session?.access_token ?? '', expected: 200 };
    const { text, headers } = await client.send(`GET ${path}`, call);
    const page: { title: string }[] = JSON.parse(text);
    titles.push(...page.map(({ title }) => title));
    path = /<(.+)>; rel="next"/.exec(headers.get('Link') ?? '')?.[1];
  }
  return titles;
}

async function staysSignedOut(user: SimulatedUser): Promise<void> {
  for (const pair of user.ended) await user.expectEnded(pair);
}

/** Uses a spent token, which must end the session. */
async function detectsReuse(user: SimulatedUser): Promise<void> {
  const { session } = user;
  if (!session?.spent) throw new Error('there is no session with a spent token');
  const body = { refresh_token: session.spent };
  const call: Call = { body, expected: '401 invalid_refresh_token' };
  await user.client.send('POST /auth/refresh', call);
  await user.expectEnded(session);
}
