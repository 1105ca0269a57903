import { join } from 'node:path';
import { ROOT } from '../../scripts/tools.ts';

/** The Node.js of this project, or another that tools/packages has for this platform. */
export function nodePath(major: number): string {
  if (process.version.startsWith(`v${major}.`)) return process.execPath;
  const folder = `node-${major}-${process.platform}-${process.arch}`;
  return join(ROOT, 'tools/packages/node_modules', folder, 'bin/node');
}
