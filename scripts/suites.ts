// The suites that `npm run test:all` runs, with what each needs.
export interface Suite {
  name: string;
  what: string;
  /** Arguments of Node.js. */
  command: string[];
  /** Commands that the machine must have, each with its Debian package. */
  needs?: Record<string, string>;
  /** Options with which the suite installs its needs itself. */
  installs?: string[];
  environment?: Record<string, string>;
  /** Folders that the suite writes to. Suites with one of them in common do not run at the same time. */
  writes?: string[];
  /** Options that make the suite write its counts to a file. */
  results?: (file: string) => string[];
}

const VITEST = 'node_modules/vitest/vitest.mjs';
const DIFFERENTIAL = [
  ...['test/http', 'test/server', 'test/todos', 'test/flows.test.ts'],
  'test/observability/access-log.test.ts',
];
const PYTHON = { python3: 'python3-venv' };
const JAVA = { java: 'default-jre-headless' };
const CHROMIUM = { chromium: 'chromium' };
const SYSTEMD = { 'systemd-analyze': 'systemd' };

export const SUITES: Suite[] = [
  vitest('processes', 'processes that are started and killed, and large data', {
    command: [VITEST, 'run', '--project', 'processes'],
  }),
  vitest('postgres', 'the tests on PostgreSQL, which npm ci has installed'),
  vitest('pgbouncer', 'the tests of sessions and todos through PgBouncer', {
    needs: { pgbouncer: 'pgbouncer' },
  }),
  vitest('proofs', 'race, model and comparison tests with many rounds', {
    command: [VITEST, 'run', 'test/auth', 'test/http/differential'],
    environment: { ROUNDS: '200' },
  }),
  vitest('differential', 'the tests with two request validators, which must agree', {
    command: [VITEST, 'run', ...DIFFERENTIAL, '--exclude', 'test/http/compiled-validators.test.ts'],
    environment: { DIFFERENTIAL: '1' },
  }),
  vitest('docs', 'the commands of all pages in docs/', { needs: { curl: 'curl' } }),
  vitest('browser', 'the pages in a browser', { needs: CHROMIUM }),
  vitest('new', 'a resource from npm run new, and one written by hand', {
    writes: ['tools/contract'],
  }),
  vitest('install', 'npm ci and npm start print only the banner, on Node.js 20 to 26', {
    writes: ['tools/packages'],
  }),
  vitest('packages', 'the npm packages of the service and its client', {
    needs: CHROMIUM,
    writes: ['tools/packages'],
  }),
  vitest('tools', 'the linters, the mock server, and the tools of docs/tools.md', {
    needs: { ...PYTHON, ...JAVA, ...SYSTEMD, go: 'golang-go' },
    writes: ['tools/contract', 'tools/deploy', '.cache'],
  }),
  vitest('clients', 'the generated clients in six languages', {
    command: [VITEST, 'run', '-c', 'test/languages/vitest.config.ts'],
    needs: JAVA,
    writes: ['.cache'],
  }),
  vitest('image', 'the image of the Dockerfile', {
    needs: { buildah: 'buildah', mmdebstrap: 'mmdebstrap' },
  }),
  {
    name: 'diff',
    what: 'a breaking change has a new version',
    command: ['scripts/diff-contract.ts'],
    writes: ['tools/contract'],
  },
  {
    name: 'deploy',
    what: 'the linters on Dockerfile, compose.yaml and the systemd unit',
    command: ['scripts/lint-deploy.ts'],
    needs: { ...PYTHON, ...SYSTEMD },
    writes: ['tools/deploy'],
  },
  counted('attack', 'Schemathesis against the service', ['scripts/attack.ts'], { needs: PYTHON }),
  counted('coverage', 'every declared status and header occurs', ['scripts/contract-coverage.ts']),
  counted('broken-servers', 'the contract tests catch each fault', ['scripts/contract-mutants.ts']),
  counted('mutants', 'mutation testing of token rotation', [
    'scripts/mutants.ts',
    '--file',
    'token-rotation',
  ]),
  counted('cluster', 'PostgreSQL under Patroni loses its primary', ['test/cluster/main.ts'], {
    needs: { patroni: 'patroni', etcd: 'etcd-server', haproxy: 'haproxy' },
    installs: ['--install'], // it also stops Debian from starting the installed services
  }),
];

function vitest(name: string, what: string, more: Partial<Suite> = {}): Suite {
  const command = [VITEST, 'run', '-c', `test/${name}/vitest.config.ts`];
  const reporters = ['--reporter=default', '--reporter=json'];
  const results = (file: string) => [...reporters, `--outputFile.json=${file}`];
  return { name, what, command, results, ...more };
}

function counted(name: string, what: string, command: string[], more: Partial<Suite> = {}): Suite {
  return { name, what, command, results: (file) => ['--results', file], ...more };
}
