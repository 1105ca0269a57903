// Promise: on PostgreSQL under Patroni, with etcd and HAProxy, the service outlives the database node
// that it writes to: no answered write is lost, nothing revoked lives, nobody is logged out.
//
//   npm run test:all -- cluster            starts it all, takes the leader away again and again, and judges
//   npm run test:all -- cluster --install  first installs what is missing of Debian's (as root)
//   node test/cluster/main.ts --results FILE  also writes how many promises held, as JSON
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Client } from './client.ts';
import { startCluster } from './cluster.ts';
import { DISASTERS, type Failover, failOver } from './failover.ts';
import { Journal } from './journal.ts';
import { Person } from './person.ts';
import { findPrograms, MissingPackages, type Programs } from './programs.ts';
import { judge } from './promises.ts';
import { figures, say, verdicts } from './report.ts';
import { startServiceNode } from './service-node.ts';
import { Workplace } from './workplace.ts';

const PEOPLE = 16;

const { values } = parseArgs({
  options: { install: { type: 'boolean', default: false }, results: { type: 'string' } },
});

async function main(): Promise<boolean> {
  const programs = findPrograms(values.install);
  await using workplace = new Workplace();
  try {
    return await Promise.race([test(workplace, programs), interruption()]);
  } catch (error) {
    if (!(error instanceof Interruption)) console.error(workplace.lastWords());
    throw error;
  }
}

class Interruption extends Error {}

/** Ctrl-C ends the test like any other failure: everything is stopped and deleted. */
function interruption(): Promise<never> {
  return new Promise((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => reject(new Interruption(`stopped by ${signal}`)));
    }
  });
}

/** @returns whether every promise held */
async function test(workplace: Workplace, programs: Programs): Promise<boolean> {
  say('starting three database nodes, and HAProxy in front of them');
  const cluster = await startCluster(workplace, programs);
  say(`${(await cluster.whole()).place.name} leads, two follow, one of them synchronously`);

  const variables = { DATABASE_URL: cluster.url, JWT_SECRET: randomBytes(32).toString('hex') };
  const urls = await Promise.all(
    ['service1', 'service2'].map((name) => startServiceNode(workplace, name, variables)),
  );
  say(`two service nodes: ${urls.join(', ')}`);

  const journal = new Journal();
  const people = Array.from({ length: PEOPLE }, (_, index) => {
    const client = new Client(urls, journal, `192.0.2.${index + 1}`);
    return new Person(`person-${index + 1}`, client, journal);
  });
  await Promise.all(people.map((person) => person.register()));

  say(`${PEOPLE} people sign in, refresh, add todos and sign out`);
  let isOver = false;
  const lives = Promise.all(people.map((person) => person.live(() => isOver)));
  const failovers: Failover[] = [];
  for (const disaster of DISASTERS) {
    say(disaster.name);
    failovers.push(await failOver(disaster, cluster, journal, (text) => say(`  ${text}`)));
  }
  isOver = true;
  await lives;

  say('everybody stops; is all as they were told?');
  const judged = await judge(people, journal);
  console.log(`${figures(failovers, journal)}\n\n${verdicts(judged)}`);
  const broken = judged.filter(({ faults }) => faults.length > 0).length;
  const counts = { numPassedTests: judged.length - broken, numFailedTests: broken };
  if (values.results) writeFileSync(values.results, JSON.stringify(counts));
  return broken === 0;
}

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  const isExpected = error instanceof MissingPackages || error instanceof Interruption;
  console.error(isExpected ? error.message : error);
  process.exit(1); // whatever was under way
}
