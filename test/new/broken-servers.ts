// new.test.ts runs this in the copy of the project that has the resource notes: prints which check
// notices each fault of a service at the URL that is given. Only checks that come from the document run.
import { deriveChecks } from '../contract/derived/all.ts';
import { mutantsOf } from '../contract/mutants/all.ts';
import { outcomeOf } from '../contract/mutants/notice.ts';
import { noteFaults } from './faults.ts';

const [url = ''] = process.argv.slice(2);
deriveChecks();
const noticed: Record<string, string | undefined> = {};
for (const { operation, what, fault } of noteFaults) {
  for (const mutant of mutantsOf({ [operation]: { [what]: fault } })) {
    const { check } = await outcomeOf(mutant, url);
    noticed[`${operation} ${what}`] = check;
  }
}
console.log(JSON.stringify(noticed));
process.exit(); // the servers are still open
