// Promise: a client in any language, generated from openapi.yaml.
//
//   npm run clients                   for every language of examples/
//   npm run clients -- kotlin         for that one
//   npm run clients -- csharp php     for any other that openapi-generator knows
//   npm run clients -- --output DIR   somewhere else than in generated/clients/
//
// The generator reads openapi.yaml as it is. Its options for a language are in
// examples/<language>/generator.yaml, or in tools/openapi-generator/<language>.yaml where there is no
// program. It needs Java and fetches itself, once; openapitools.json says which version it is and what
// it hashes to.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { document } from '../src/http/openapi-document.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CLI = 'node_modules/@openapitools/openapi-generator-cli/main.js';
const { 'generator-cli': generator } = JSON.parse(readFileSync(`${ROOT}openapitools.json`, 'utf8'));

process.chdir(ROOT);
try {
  const { values, positionals } = parseArgs({
    options: { output: { type: 'string', default: 'generated/clients' } },
    allowPositionals: true,
  });
  const languages = positionals.length > 0 ? positionals : exampleLanguages();
  for (const name of languages) {
    if (!/^[a-z][a-z0-9-]*$/.test(name)) throw new Error(`${name} is no generator's name`);
  }
  requireJava();
  requireGenerator();
  generate(languages, values.output);
  for (const language of languages) console.log(join(values.output, language));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

function exampleLanguages(): string[] {
  return readdirSync('examples').filter((name) => existsSync(programOptions(name)));
}

function programOptions(language: string): string {
  return `examples/${language}/generator.yaml`;
}

function optionsFile(language: string): string {
  const file = programOptions(language);
  return existsSync(file) ? file : `tools/openapi-generator/${language}.yaml`;
}

function requireJava(): void {
  const { status, stderr } = spawnSync('java', ['-version'], { encoding: 'utf8' });
  const version = Number(/version "(?:1\.)?(\d+)/.exec(stderr ?? '')?.[1] ?? 0);
  if (status === 0 && version >= 11) return;
  const found = status === 0 ? `this one is ${version}` : 'there is no `java` in the PATH';
  throw new Error(`openapi-generator needs Java 11 or newer, and ${found}: install a JRE.`);
}

/** @throws when the generator is not the one that openapitools.json names; it has not run then */
function requireGenerator(): void {
  const jar = join(generator.storageDir, `${generator.version}.jar`);
  // The command fetches what is missing and starts it at once, unless Java only tells its version.
  const fetched = existsSync(jar) ? undefined : openapiGenerator(['help'], '-version');
  if (!existsSync(jar)) {
    throw new Error(`There is no openapi-generator ${generator.version}:\n${fetched?.stdout}`);
  }
  const hash = createHash('sha256').update(readFileSync(jar)).digest('hex');
  if (hash === generator.sha256) return;
  rmSync(jar);
  throw new Error(
    `What was fetched as openapi-generator ${generator.version} hashes to ${hash}, and not to what ` +
      'openapitools.json says. It is deleted.',
  );
}

function generate(languages: string[], output: string): void {
  mkdirSync(output, { recursive: true });
  const configurations = languages.map((language) => {
    const folder = join(output, language);
    rmSync(folder, { recursive: true, force: true });
    const file = `${folder}.json`;
    writeFileSync(file, JSON.stringify(configuration(language, folder)));
    return file;
  });
  const { status, stdout, stderr } = openapiGenerator(
    ['batch', '--root-dir', '.', ...configurations.map((file) => JSON.stringify(file))],
    '-Dlog.level=error',
  );
  for (const file of configurations) rmSync(file);
  const messages = `${stdout}${stderr}`.replace(/^\s+at .*\n/gm, '');
  if (status !== 0) throw new Error(`openapi-generator has failed:\n${messages}`);
}

/** What the generator is told; the packages that it makes have the contract's version. */
function configuration(language: string, outputDir: string) {
  const file = optionsFile(language);
  const options = existsSync(file)
    ? parse(readFileSync(file, 'utf8'))
    : { generatorName: language };
  const { version } = document.info;
  const versions = { packageVersion: version, artifactVersion: version, npmVersion: version };
  const additionalProperties = { ...versions, ...options.additionalProperties };
  const globalProperties = { apiTests: 'false', modelTests: 'false' }; // empty ones
  return {
    ...options,
    inputSpec: 'openapi.yaml',
    outputDir,
    additionalProperties,
    globalProperties,
  };
}

function openapiGenerator(args: string[], javaOptions: string) {
  const env = { ...process.env, PWD: ROOT, JAVA_OPTS: javaOptions }; // it takes PWD for its folder
  return spawnSync(process.execPath, [CLI, ...args], { encoding: 'utf8', env });
}
