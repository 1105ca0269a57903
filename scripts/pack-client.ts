// Packs the client as a package that others can install: dist/openapi-todos-client-VERSION.tgz.
//
//   npm run pack:client
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Missing, main, npmCommand, ROOT, run } from './tools.ts';

const source = join(ROOT, 'src/client');
const folder = join(ROOT, 'dist/client');
/** From the folder's `dist/client`, the types are where they are from `src/client`. */
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
  if ((await run(command, args)) !== 0)
    throw new Missing(`${command} ${args.join(' ')} has failed`);
}
