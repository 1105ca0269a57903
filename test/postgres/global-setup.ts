import { startPostgres } from './server.ts';

/** One server for all tests, each of which makes databases of its own (see `freshDatabase`). */
export default async function setup() {
  const { url, stop } = await startPostgres();
  process.env['TEST_POSTGRES_URL'] = url;
  return stop;
}
