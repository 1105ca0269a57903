// Preloaded into every measured server: reports its CPU time and memory over the IPC channel.
// It is JavaScript, so that a server does not load the TypeScript support of Node.js only for it.
process.on('message', (message) => {
  if (message !== 'report usage') return;
  const { user, system } = process.cpuUsage();
  process.send({ cpuMicros: user + system, residentBytes: process.memoryUsage.rss() });
});
process.on('disconnect', () => process.exit()); // the bench has ended
process.channel.unref();
