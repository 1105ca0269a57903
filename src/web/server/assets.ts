import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { stripTypeScriptTypes } from 'node:module';
import { extname } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, gunzip, gzip } from 'node:zlib';
import Negotiator from 'negotiator';
import type { AnyResponse } from '../../http/write-response.ts';
import { lazy } from '../../lazy.ts';

/** A body in its content codings. Each is compressed once, when a client first needs it. */
export interface Compressible {
  identity: () => Promise<Buffer>;
  gzip: () => Promise<Buffer>;
  br?: () => Promise<Buffer>;
}

/** A file that the page loads. Its path contains a hash of its content, so browsers may cache it for ever. */
export interface Asset extends Compressible {
  /** Relative to the service: `assets/web/main.0123456789ab.js`. */
  path: string;
  type: string;
}

/** The folders whose TypeScript modules the browser loads, with their types removed. */
const MODULE_FOLDERS = ['web', 'client'];

const PACKAGES = [
  'preact',
  'preact/hooks',
  'htm',
  'htm/preact',
  '@preact/signals',
  '@preact/signals-core',
  'openapi-fetch',
];

/** Other files, by their paths in `src`. */
const FILES = ['web/styles.css', 'web/reference.css', 'web/icon.svg'];

const TYPES: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

type Named = readonly [name: string, asset: Asset];

/**
 * Reads all files of the pages.
 * @returns the scripts by the names of their imports, the others by their paths in `src`
 */
export async function readAssets() {
  const modules = await Promise.all(MODULE_FOLDERS.map(readModules));
  const packages = await Promise.all(PACKAGES.map(readPackage));
  const files = await Promise.all(FILES.map(readOther));
  return {
    scripts: Object.fromEntries([...modules.flat(), ...packages]),
    others: Object.fromEntries([...files, ['web/scalar.js', await readScalar()] as const]),
  };
}

async function readModules(folder: string): Promise<Named[]> {
  const names = await readdir(new URL(`../../${folder}`, import.meta.url));
  return Promise.all(
    names
      .filter((name) => name.endsWith('.ts'))
      .map(async (name) => {
        const source = stripTypes(await readSource(`${folder}/${name}`));
        const asset = createAsset(`${folder}/${name.replace(/ts$/, 'js')}`, source);
        return [`./assets/${folder}/${name}`, asset] as const;
      }),
  );
}

async function readPackage(name: string): Promise<Named> {
  const source = await readFile(new URL(import.meta.resolve(name)), 'utf8');
  const fileName = name.replace('@', '').replace('/', '-');
  const code = source.replace(/^\/\/# sourceMappingURL=.*$/m, ''); // the map is not served
  return [name, createAsset(`packages/${fileName}.js`, code)];
}

async function readOther(path: string): Promise<Named> {
  return [path, createAsset(path, await readSource(path))];
}

/** The program of the reference. It is stored compressed, because compressing it takes seconds. */
async function readScalar(): Promise<Asset> {
  const compressed = await readFile(new URL('../scalar.js.gz', import.meta.url));
  return {
    ...nameAsset('web/scalar.js', compressed),
    gzip: async () => compressed,
    identity: lazy(() => promisify(gunzip)(compressed)),
  };
}

function readSource(path: string): Promise<string> {
  return readFile(new URL(`../../${path}`, import.meta.url), 'utf8');
}

/** Strips the types without Node's warning that the function is experimental. */
function stripTypes(source: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return stripTypeScriptTypes(source);
  } finally {
    process.emitWarning = emitWarning;
  }
}

function createAsset(path: string, text: string): Asset {
  const content = Buffer.from(text);
  return { ...nameAsset(path, content), ...compressible(content) };
}

function nameAsset(path: string, content: Buffer) {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 12);
  const extension = extname(path);
  return {
    path: `assets/${path.slice(0, -extension.length)}.${hash}${extension}`,
    type: TYPES[extension] ?? 'application/octet-stream',
  };
}

export function compressible(identity: Buffer): Compressible {
  return {
    identity: async () => identity,
    br: lazy(() => promisify(brotliCompress)(identity)),
    gzip: lazy(() => promisify(gzip)(identity)),
  };
}

const CODINGS = ['br', 'gzip'] as const;

/** Answers with a body in the best coding that the client accepts. */
export async function answerWith(
  request: IncomingMessage,
  content: Compressible,
  headers: Record<string, string>,
): Promise<AnyResponse> {
  const negotiator = new Negotiator(request);
  const coding = CODINGS.find((name) => content[name] && negotiator.encodings([name]).length > 0);
  const body = await (content[coding ?? 'identity'] ?? content.identity)();
  return { status: 200, headers: { ...headers, 'Content-Encoding': coding }, body };
}
