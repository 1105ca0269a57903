// Promise: `npm start` runs the service, or says what is missing. Plain JavaScript, so that a Node
// too old for the rest can still say that it is.
import module from 'node:module';

if (process.features.typescript === 'strip') {
  module.enableCompileCache(); // the second start is a fifth faster
  const { loadEnvFile } = await import('../src/environment.ts');
  loadEnvFile(process.env);
  await import('../src/server.ts');
} else {
  console.error(
    `Node.js ${process.version} cannot run this service: it needs 24 or newer. ` +
      'npm ci --include=optional brings one along for most platforms; elsewhere, install one.',
  );
  process.exitCode = 1;
}
