// The programs of examples/, each built and driven against the service as examples/README.md says.
import { describe, expect, test } from 'vitest';
import { startService } from '../support/service.ts';
import { type Program, programs, steps } from './examples.ts';
import { FAULTS, startFaulty, THIRD_MEMBER } from './proxy.ts';
import { missing, shell } from './shell.ts';

const absent = new Map<Program, string[]>();
for (const program of programs) absent.set(program, await missing(program.needs));

/** Whether a program must be left out on this machine. CI leaves none out. */
function isLeftOut(program: Program): boolean {
  return absent.get(program)?.length !== 0 && process.env['CI'] !== 'true';
}

/** Maven's runs are too short for Java's second compiler, which costs more time than it saves. */
const ENVIRONMENT = { MAVEN_OPTS: '-XX:TieredStopAtLevel=1' };

function titleOf(program: Program): string {
  return isLeftOut(program)
    ? `${program.name} (left out: no ${absent.get(program)})`
    : program.name;
}

test('examples/README.md lists programs and steps', () => {
  expect(programs).toHaveLength(7);
  expect(steps.map(({ words }) => Number.parseInt(words, 10))).toEqual(
    Array.from({ length: 13 }, (_, index) => index + 1),
  );
});

describe('the example programs run each step', () => {
  for (const program of programs) {
    test.skipIf(isLeftOut(program))(titleOf(program), async ({ signal }) => {
      const { folder, build } = program;
      const built = await shell(build, { cwd: folder, env: ENVIRONMENT, signal });
      expect(built.code, built.output).toBe(0);

      await using service = await startService();
      const { code, output, stdout } = await run(program, service.url, signal);
      expect(code, output).toBe(0);
      expect(stepsIn(stdout)).toEqual(steps.map(({ words }) => words));
      expect(requestsIn(service.log)).toEqual(steps.flatMap(({ requests }) => requests));
    });
  }
});

describe.concurrent('stops at the step where the service is wrong', () => {
  for (const program of programs) {
    const faults = program.name.includes('strict') ? [THIRD_MEMBER] : FAULTS;
    test.skipIf(isLeftOut(program))(titleOf(program), async ({ signal, expect }) => {
      for (const fault of faults) {
        await using service = await startService();
        await using faulty = await startFaulty(service.url, fault);
        const { code, output, stdout } = await run(program, faulty.url, signal);
        expect(code, `${fault.title}\n${output}`).toBeGreaterThan(0);
        const last = steps[fault.step - 1]?.words;
        expect(stepsIn(stdout).at(-1), `${fault.title}\n${output}`).toBe(last);
      }
    });
  }
});

function run({ folder, run: command }: Program, url: string, signal: AbortSignal) {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(300_000)]);
  return shell(command, { cwd: folder, env: { ...ENVIRONMENT, TODOS_URL: url }, signal: limited });
}

function stepsIn(stdout: string): string[] {
  return stdout.split('\n').filter((line) => /^\d+\. /.test(line));
}

/** What the service was asked, from its log. */
function requestsIn(log: string[]): string[] {
  const lines: { operation?: string; status?: number }[] = log.map((line) => JSON.parse(line));
  return lines.flatMap(({ operation, status }) => (operation ? [`${operation} ${status}`] : []));
}
