import type { Call } from './client.ts';
import type { Journal } from './journal.ts';
import type { Person } from './person.ts';

/** What was promised, how much of it was looked at, and where it was broken. */
export interface Verdict {
  promise: string;
  checked: string;
  faults: string[];
}

/** Holds the service in the end to what it has answered to the people. */
export async function judge(people: Person[], journal: Journal): Promise<Verdict[]> {
  const todos = people.flatMap((person) => person.todos).length;
  const ended = people.flatMap((person) => person.ended).length;
  return [
    {
      promise: 'every request is answered as the contract says, or with 503',
      checked: `${journal.requests} requests`,
      faults: journal.faults.filter((fault) => !isLogout(fault)),
    },
    {
      promise: 'nobody is logged out',
      checked: `${people.length} sessions, refreshed at both nodes`,
      faults: [...journal.faults.filter(isLogout), ...(await faultsOf(people, goesOn))],
    },
    {
      promise: 'no answered write is lost, none is done twice',
      checked: `${todos} todos`,
      faults: await faultsOf(people, hasItsTodos),
    },
    {
      promise: 'nothing revoked lives',
      checked: `both tokens of ${ended} sessions, at both nodes`,
      faults: await faultsOf(people, staysSignedOut),
    },
    {
      promise: 'what was spent stays spent',
      checked: `${people.length} refresh tokens that come back`,
      faults: await faultsOf(people, spentIsKnown),
    },
  ];
}

/** Whether somebody who had not signed out was refused. */
function isLogout(fault: string): boolean {
  return fault.includes('was answered with 401');
}

/** One after the other for each person, all people at once. */
async function faultsOf(people: Person[], check: (person: Person) => Promise<void>) {
  const results = await Promise.allSettled(people.map(check));
  return results.flatMap((result) => (result.status === 'rejected' ? String(result.reason) : []));
}

/** Twice, at one node and at the other. */
async function goesOn(person: Person): Promise<void> {
  const session = person.session ?? (await person.signIn());
  await person.refresh(await person.refresh(session));
}

async function hasItsTodos(person: Person): Promise<void> {
  const found = await titlesOf(person);
  const lost = person.todos.filter((title) => !found.includes(title));
  if (lost.length > 0) throw new Error(`lost: ${lost.join(', ')}`);
  const surplus = found.filter(
    (title, index) => found.indexOf(title) !== index || !person.todos.includes(title),
  );
  if (surplus.length > 0) throw new Error(`there twice, or never answered: ${surplus.join(', ')}`);
}

async function titlesOf({ client, session }: Person): Promise<string[]> {
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

async function staysSignedOut(person: Person): Promise<void> {
  for (const pair of person.ended) await person.expectEnded(pair);
}

/** After this the session is over, as it has to be when a token comes back. */
async function spentIsKnown(person: Person): Promise<void> {
  const { session } = person;
  if (!session?.spent) throw new Error('there is no session to try it on');
  const body = { refresh_token: session.spent };
  const call: Call = { body, expected: '401 invalid_refresh_token' };
  await person.client.send('POST /auth/refresh', call);
  await person.expectEnded(session);
}
