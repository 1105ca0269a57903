#!/usr/bin/env node
// Promise: `todos COMMAND` runs one of the operator's commands; `todos start` is the service. Plain
// JavaScript, so that a Node too old for the rest can still say that it is.
import module from 'node:module';

if (process.features.typescript === 'strip') {
  module.enableCompileCache(); // the second start is a fifth faster
  process.umask(0o077); // other users cannot read what is written
  const { runCommandLine } = await import('./main.ts');
  const { env: environment, stdout: output, stderr: errors } = process;
  const terminal = { environment, envFile: '.env', output, errors };
  const code = await runCommandLine(process.argv.slice(2), terminal);
  if (code !== 0) process.exitCode = code;
} else {
  console.error(
    `Node.js ${process.version} cannot run this service: it needs 24 or newer. ` +
      'npm ci --include=optional brings one along for most platforms; elsewhere, install one.',
  );
  process.exitCode = 1;
}
