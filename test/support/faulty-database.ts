// Loaded into a service of the tests before anything else (`--import`): at each SIGUSR2 its database
// goes from working to answering every statement with a bug, to an outage, and back.
import { databaseError, driverMethods, FAULTS } from './database.ts';

const states = [undefined, FAULTS.bug, FAULTS.outages[0]];
let current = 0;
process.on('SIGUSR2', () => {
  current = (current + 1) % states.length;
  process.stdout.write(`database: ${states[current] ?? 'works'}\n`);
});

const { target, names } = driverMethods();
const methods: Record<string, unknown> = target;
for (const name of names) {
  const original = methods[name];
  if (typeof original !== 'function') throw new Error(`the driver has no ${name}`);
  methods[name] = function fail(this: unknown, ...parameters: unknown[]) {
    const code = states[current];
    if (code) throw databaseError(code, 'the disk is on fire');
    return original.apply(this, parameters);
  };
}
