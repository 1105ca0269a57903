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

export const SUITES: Suite[] = [
  {
    ...vitest('processes', 'processes that are started and killed, and large data'),
    command: [VITEST, 'run', '--project', 'processes'],
  },
  vitest('postgres', 'the tests on PostgreSQL, which npm ci has installed'),
  vitest('pgbouncer', 'the tests of sessions and todos through PgBouncer', {
    pgbouncer: 'pgbouncer',
  }),
  {
    ...vitest('proofs', 'race, model and comparison tests with many rounds'),
    command: [VITEST, 'run', 'test/auth', 'test/http/differential'],
    environment: { ROUNDS: '200' },
  },
  {
    ...vitest('differential', 'the tests with two request validators, which must agree'),
    command: [VITEST, 'run', ...DIFFERENTIAL, '--exclude', 'test/http/compiled-validators.test.ts'],
    environment: { DIFFERENTIAL: '1' },
  },
  vitest('docs', 'the commands of all pages in docs/', { curl: 'curl' }),
  vitest('browser', 'the pages in a browser', { chromium: 'chromium' }),
  {
    ...vitest('new', 'a resource from npm run new, and one written by hand'),
    writes: ['tools/contract'],
  },
  {
    ...vitest('install', 'npm ci and npm start print only the banner, on Node.js 20 to 26'),
    writes: ['tools/packages'],
  },
  {
    ...vitest('packages', 'the npm packages of the service and its client', {
      chromium: 'chromium',
    }),
    writes: ['tools/packages'],
  },
  {
    ...vitest('tools', 'the linters, the mock server, and the tools of docs/tools.md', {
      ...PYTHON,
      go: 'golang-go',
      java: 'default-jre-headless',
      'systemd-analyze': 'systemd',
    }),
    writes: ['tools/contract', 'tools/deploy', '.cache'],
  },
  {
    ...vitest('clients', 'the generated clients in six languages', {
      java: 'default-jre-headless',
    }),
    writes: ['.cache'],
  },
  vitest('image', 'the image of the Dockerfile', { buildah: 'buildah', mmdebstrap: 'mmdebstrap' }),
  {
    ...script('diff', 'a breaking change has a new version', ['scripts/diff-contract.ts']),
    writes: ['tools/contract'],
  },
  {
    ...script('deploy', 'the linters on Dockerfile, compose.yaml and the systemd unit', [
      'scripts/lint-deploy.ts',
    ]),
    needs: { ...PYTHON, 'systemd-analyze': 'systemd' },
    writes: ['tools/deploy'],
  },
  counted('attack', 'Schemathesis against the service', ['scripts/attack.ts'], PYTHON),
  counted('coverage', 'every declared status and header occurs', ['scripts/contract-coverage.ts']),
  counted('broken-servers', 'the contract tests catch each fault', ['scripts/contract-mutants.ts']),
  counted('mutants', 'mutation testing of token rotation', [
    'scripts/mutants.ts',
    '--file',
    'token-rotation',
  ]),
  {
    ...counted('cluster', 'PostgreSQL under Patroni loses its primary', ['test/cluster/main.ts'], {
      patroni: 'patroni',
      etcd: 'etcd-server',
      haproxy: 'haproxy',
    }),
    installs: ['--install'], // it also stops Debian from starting the installed services
  },
];

function vitest(name: string, what: string, needs: Record<string, string> = {}): Suite {
  const command = [VITEST, 'run', '-c', `test/${name}/vitest.config.ts`];
  if (name === 'clients') command[3] = 'test/languages/vitest.config.ts';
  const results = (file: string) => [
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
  ];
  return { name, what, command, needs, results };
}

function script(name: string, what: string, command: string[]): Suite {
  return { name, what, command };
}

function counted(name: string, what: string, command: string[], needs = {}): Suite {
  return { name, what, command, needs, results: (file) => ['--results', file] };
}
