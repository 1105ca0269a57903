// Tests the service on PostgreSQL with Patroni, etcd and HAProxy while the leader fails several times
// under load. No answered write may be lost, no revoked session may work, no user may be logged out.
//
//   npm run test:all -- cluster               runs the test
//   npm run test:all -- cluster --install     first installs missing Debian packages (as root)
//   node test/cluster/main.ts --results FILE  also writes how many guarantees held, as JSON
import { randomBytes } from 'node:crypto';
import { readCommandLine, reportCounts, UserError } from '../../scripts/command-line.ts';
import { createClient } from './client.ts';
import { startCluster } from './cluster.ts';
import { type Failover, failOver, NODE_FAULTS } from './failover.ts';
import { checkGuarantees } from './guarantees.ts';
import { Journal } from './journal.ts';
import { findPrograms, type Programs } from './programs.ts';
import { formatFailovers, formatResults, say } from './report.ts';
import { Sandbox } from './sandbox.ts';
import { startServiceNode } from './service-node.ts';
import { SimulatedUser } from './simulated-user.ts';

const USER_COUNT = 16;

const { values } = readCommandLine({
  options: { install: { type: 'boolean', default: false }, results: { type: 'string' } },
});

async function main(): Promise<void> {
  const programs = findPrograms(values.install);
  await using sandbox = new Sandbox();
  try {
    await Promise.race([test(sandbox, programs), interruption()]);
  } catch (error) {
    if (!(error instanceof UserError)) console.error(sandbox.lastLogLines());
    throw error;
  }
}

/** Ctrl+C ends the test like a failure: all programs are stopped and all files deleted. */
function interruption(): Promise<never> {
  return new Promise((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => reject(new UserError(`stopped by ${signal}`)));
    }
  });
}

/** Sets the exit code 1 if a guarantee did not hold. */
async function test(sandbox: Sandbox, programs: Programs): Promise<void> {
  say('starting three database nodes, and HAProxy in front of them');
  const cluster = await startCluster(sandbox, programs);
  say(
    `${(await cluster.waitUntilHealthy()).machine.name} leads, two follow, one of them synchronously`,
  );

  const variables = { DATABASE_URL: cluster.url, JWT_SECRET: randomBytes(32).toString('hex') };
  const urls = await Promise.all(
    ['service1', 'service2'].map((name) => startServiceNode(sandbox, name, variables)),
  );
  say(`two service nodes: ${urls.join(', ')}`);

  const journal = new Journal();
  const users = Array.from({ length: USER_COUNT }, (_, index) => {
    const client = createClient(urls, journal, `192.0.2.${index + 1}`);
    return new SimulatedUser(`user-${index + 1}`, client, journal);
  });
  await Promise.all(users.map((user) => user.register()));

  say(`${USER_COUNT} users sign in, refresh, add todos and sign out`);
  let isOver = false;
  const lives = Promise.all(users.map((user) => user.live(() => isOver)));
  const failovers: Failover[] = [];
  for (const fault of NODE_FAULTS) {
    say(fault.name);
    failovers.push(await failOver(fault, cluster, journal));
  }
  isOver = true;
  await lives;

  say('all users stop; checking the guarantees');
  const results = await checkGuarantees(users, journal);
  console.log(`${formatFailovers(failovers, journal)}\n\n${formatResults(results)}`);
  const broken = results.filter(({ faults }) => faults.length > 0).length;
  reportCounts(results.length - broken, broken, values.results);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof UserError ? error.message : error);
  process.exit(1); // stops the requests in progress
}
