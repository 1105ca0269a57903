// Promise: from here on `node` in an npm script is the Node.js of package-lock.json, or, where its
// binary does not run (Alpine Linux, say), the machine's own. Plain enough for any old Node.js.
//
// npm puts node_modules/.bin first into the PATH of a script and links the binary there. npm 10
// takes the link away again with the packages of the other platforms, which claim the same name.
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const platform = process.platform === 'win32' ? 'win' : process.platform;
const prefix = platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node';
const name = platform === 'win' ? 'node.exe' : 'node';
const modules = path.join(__dirname, '../node_modules');
const binary = path.join(modules, `${prefix}-${platform}-${process.arch}/bin/${name}`);
const link = path.join(modules, '.bin', name);

if (spawnSync(binary, ['--version']).status !== 0) fs.rmSync(link, { force: true });
else if (!fs.existsSync(link)) fs.linkSync(binary, link);
