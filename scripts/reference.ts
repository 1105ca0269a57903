// Writes src/web/scalar.js.gz, the program of the page /docs: the browser bundle of
// @scalar/api-reference from npm, compressed. As a dependency the package would install 185 packages
// and 287 MB, and a browser needs only this file.
//
//   node scripts/reference.ts           downloads the version below
//   node scripts/reference.ts --check   fails if the file does not have the hash below
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

const PACKAGE = '@scalar/api-reference@1.72.1';
const SHA256 = 'bf091006bdc3af6067af77c2f534812e3e633e94a94e87138069f570f33b762c';

const file = new URL('../src/web/scalar.js.gz', import.meta.url);

function verify(bundle: Buffer): Buffer {
  const sha256 = createHash('sha256').update(bundle).digest('hex');
  if (sha256 === SHA256) return bundle;
  throw new Error(`this is not the browser bundle of ${PACKAGE}: its SHA-256 is ${sha256}`);
}

function download(): Buffer {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'scalar-'));
  const args = ['pack', PACKAGE, '--silent', '--pack-destination', folder.path];
  const tarball = join(folder.path, execFileSync('npm', args, { encoding: 'utf8' }).trim());
  const path = 'package/dist/browser/standalone.js';
  return execFileSync('tar', ['-xzOf', tarball, path], { maxBuffer: 2 ** 26 });
}

if (process.argv.includes('--check')) verify(gunzipSync(readFileSync(file)));
else writeFileSync(file, gzipSync(verify(download()), { level: 9 }));
