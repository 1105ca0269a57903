// Packs the client as an npm package: dist/openapi-todos-client-VERSION.tgz.
//
//   npm run pack:client
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { main, UserError } from './command-line.ts';
import { npmCommand, ROOT, run } from './tools.ts';

const source = join(ROOT, 'src/client');
const folder = join(ROOT, 'dist/client');
/** The package keeps the relative path from the client to the types: `../../generated`. */
const files = {
  'generated/openapi.d.ts': 'generated/openapi.d.ts',
  LICENSE: 'LICENSE',
  'src/client/README.md': 'README.md',
  'src/client/package.json': 'package.json',
};

await main(async () => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [from, to] of Object.entries(files)) cpSync(join(ROOT, from), join(folder, to));
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  await succeed(process.execPath, compiler, '-p', source, '--outDir', join(folder, 'dist'));
  await succeed(...npmCommand(), 'pack', folder, '--pack-destination', 'dist', '--loglevel=error');
});

async function succeed(command: string, ...args: string[]): Promise<void> {
  if ((await run(command, args)) !== 0) throw new UserError(`${command} ${args.join(' ')} failed`);
}
