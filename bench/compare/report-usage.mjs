// Preloaded into every measured server: reports its CPU time and memory over the IPC channel.
// Plain JavaScript, so that it does not make a server load the TypeScript support of Node.js.
process.on('message', (message) => {
  if (message !== 'report usage') return;
  const { user, system } = process.cpuUsage();
  process.send({ cpuMicros: user + system, residentBytes: process.memoryUsage.rss() });
});
process.on('disconnect', () => process.exit()); // the bench has ended
process.channel.unref();
