// Generates clients from openapi.yaml with openapi-generator.
//
//   npm run clients                   for every language of examples/
//   npm run clients -- kotlin         for one language
//   npm run clients -- csharp php     for any generator of openapi-generator
//   npm run clients -- --output DIR   writes them to DIR, not to generated/clients/
//
// The generator reads openapi.yaml unchanged. Its options are in examples/<language>/generator.yaml or,
// for a language without an example, in tools/openapi-generator/<language>.yaml. It needs Java. The
// first run downloads the generator; openapitools.json has its version and its SHA-256.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { document } from '../src/http/openapi-document.ts';
import { main, readCommandLine, UserError } from './command-line.ts';
import { ROOT } from './tools.ts';

const CLI = 'node_modules/@openapitools/openapi-generator-cli/main.js';
/** The run is too short for Java's second compiler, which costs more time than it saves. */
const QUICK = '-XX:TieredStopAtLevel=1';
const { 'generator-cli': generator } = JSON.parse(readFileSync(`${ROOT}openapitools.json`, 'utf8'));

await main(() => {
  process.chdir(ROOT);
  const { values, positionals } = readCommandLine({
    options: { output: { type: 'string', default: 'generated/clients' } },
    allowPositionals: true,
  });
  const languages = positionals.length > 0 ? positionals : exampleLanguages();
  for (const name of languages) {
    if (!/^[a-z][a-z0-9-]*$/.test(name))
      throw new UserError(`${name} is not the name of a generator`);
  }
  requireJava();
  requireGenerator();
  generate(languages, values.output);
  for (const language of languages) console.log(join(values.output, language)); // the new folders
});

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
  throw new UserError(`openapi-generator needs Java 11 or newer, and ${found}: install a JRE.`);
}

/** Downloads the generator. @throws before it has run, if its hash is not that of openapitools.json */
function requireGenerator(): void {
  const jar = join(generator.storageDir, `${generator.version}.jar`);
  // The command downloads the generator and then starts it. With -version, Java starts no program.
  const download = existsSync(jar) ? undefined : openapiGenerator(['help'], '-version');
  if (!existsSync(jar)) {
    throw new UserError(`There is no openapi-generator ${generator.version}:\n${download?.stdout}`);
  }
  const hash = createHash('sha256').update(readFileSync(jar)).digest('hex');
  if (hash === generator.sha256) return;
  rmSync(jar);
  throw new UserError(
    `The download of openapi-generator ${generator.version} has the SHA-256 ${hash}, which is not the ` +
      'one in openapitools.json. The file was deleted.',
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
  if (status !== 0) throw new UserError(`openapi-generator failed:\n${messages}`);
}

/** The generator's configuration. The generated packages have the contract's version. */
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
  const env = { ...process.env, PWD: ROOT, JAVA_OPTS: `${QUICK} ${javaOptions}` }; // it takes PWD as its working directory
  return spawnSync(process.execPath, [CLI, ...args], { encoding: 'utf8', env });
}
