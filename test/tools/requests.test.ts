// The requests of examples/, sent to a running service by the tools that they are made for.
import { readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../../scripts/tools.ts';
import { document, listOperations } from '../../src/http/openapi-document.ts';
import { shell } from '../languages/shell.ts';
import { startService } from '../support/service.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const commands = ['tools/consumers/node_modules/.bin', 'node_modules/.bin'];
const PATH = [...commands.map((path) => join(ROOT, path)), process.env['PATH']].join(delimiter);

interface Answer {
  name: string;
  status: number;
}

/** Each operation is sent and works, until the sign-out: what follows it is refused. */
function expectAnswers(answers: Answer[]): void {
  const ids = [...listOperations(document)].map(({ operation }) => operation.operationId);
  expect(answers.map(({ name }) => name).sort()).toEqual(ids.sort());
  const signOut = answers.findIndex(({ name }) => name === 'logout');
  const wanted = answers.map(({ name }, index) => `${name} ${index > signOut ? '401' : '2xx'}`);
  const seen = answers.map(
    ({ name, status }) => `${name} ${status >= 200 && status < 300 ? '2xx' : status}`,
  );
  expect(seen).toEqual(wanted);
}

test('httpYac sends all of requests.http', async ({ signal }) => {
  using folder = temporaryFolder();
  await using service = await startService();
  const text = readFileSync(join(ROOT, 'examples/requests.http'), 'utf8');
  writeFileSync(folder.file('all.http'), text.replace(/^@url = .*$/m, `@url = ${service.url}`));
  const { stdout } = await shell('httpyac all.http --all --json', {
    cwd: folder.path,
    env: { PATH },
    signal,
  });
  const { requests }: { requests: { name: string; response?: { statusCode: number } }[] } =
    JSON.parse(stdout);
  expectAnswers(
    requests.map(({ name, response }) => ({ name, status: response?.statusCode ?? 0 })),
  );
});

test('Bruno sends the whole collection', async ({ signal }) => {
  using folder = temporaryFolder();
  await using service = await startService();
  const report = folder.file('bruno.json');
  const command = `bru run --env local --env-var url=${service.url} --reporter-json ${report}`;
  const cwd = join(ROOT, 'examples/bruno');
  const { code, output } = await shell(command, { cwd, env: { PATH }, signal });
  expect(code, output).toBe(0);
  const [run]: { results: { name: string; response: { status: number } }[] }[] = JSON.parse(
    readFileSync(report, 'utf8'),
  );
  expectAnswers(
    (run?.results ?? []).map(({ name, response }) => ({ name, status: response.status })),
  );
});
