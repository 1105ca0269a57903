// Makes npm scripts run on the Node.js of package-lock.json, not on that of the machine.
//
//   node scripts/use-node.cjs                  the next command `node` is the pinned version
//   node scripts/use-node.cjs SCRIPT [ARG…]    runs the script on the pinned version
//
// npm puts node_modules/.bin first in the PATH of a script and links the binary there. npm 10 removes
// the link together with the packages for other platforms, which have a link of the same name. So this
// script creates the link again, and starts the binary by its path. It runs on old versions of Node.js.
const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { pathToFileURL } = require('node:url');

const platform = process.platform === 'win32' ? 'win' : process.platform;
const prefix = platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node';
const name = platform === 'win' ? 'node.exe' : 'node';
const modules = path.join(__dirname, '../node_modules');
const binary = path.join(modules, `${prefix}-${platform}-${process.arch}/bin/${name}`);
const link = path.join(modules, '.bin', name);
const [script, ...args] = process.argv.slice(2);

const PARENT_INTERVAL_MS = 500;

const pinned = spawnSync(binary, ['--version'], { encoding: 'utf8' }); // fails if the binary cannot run
const isPinned = pinned.status !== 0 || pinned.stdout.trim() === process.version;
if (!isPinned && !fs.existsSync(link)) fs.linkSync(binary, link);

if (script !== undefined) {
  if (isPinned) runHere();
  else runOnPinned();
}

function runHere() {
  process.argv.splice(1, 1); // the script sees its own arguments only
  // A script without a handler for SIGTERM ends at once, as it would after a real signal.
  watchParent(() => process.emit('SIGTERM', 'SIGTERM') || process.exit(1));
  import(pathToFileURL(path.resolve(script)).href);
}

function runOnPinned() {
  const child = spawn(binary, [script, ...args], { stdio: 'inherit' });
  // On Windows the console sends Ctrl+C to the child too, and `kill` would end it without a drain.
  const forward = (signal) => platform === 'win' || child.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGBREAK']) {
    if (signal !== 'SIGBREAK' || platform === 'win') process.on(signal, forward);
  }
  watchParent(() => child.kill('SIGTERM'));
  child.on('close', (code, signal) => {
    process.exitCode = signal ? 1 : code;
  });
}

// npm forwards SIGINT and SIGTERM only. If npm or its shell ends without this process, by SIGKILL or
// SIGHUP, the script must not go on as an orphan that keeps the port.
function watchParent(stop) {
  const parent = process.ppid;
  if (!process.env.npm_lifecycle_event || parent === 1) return;
  const timer = setInterval(() => {
    if (isRunning(parent)) return;
    clearInterval(timer);
    stop();
  }, PARENT_INTERVAL_MS).unref();
}

function isRunning(parent) {
  if (process.ppid !== parent) return false; // an orphan gets a new parent, except on Windows
  try {
    return process.kill(parent, 0);
  } catch (error) {
    return error.code === 'EPERM'; // it runs as another user
  }
}
