import { isDeepStrictEqual } from 'node:util';
import { Connection } from './http-client.ts';
import type { RequestName } from './requests.ts';
import type { Runner } from './rounds.ts';

/** @throws Error when two contenders answer the same request with different todos or tags */
export async function assertSameAnswers(runners: readonly Runner[]): Promise<void> {
  const all = await Promise.all(runners.map(readAnswers));
  for (const [index, answers] of all.entries()) {
    if (isDeepStrictEqual(answers, all[0])) continue;
    const [own, first] = [answers, all[0]].map((value) => JSON.stringify(value, null, 1));
    throw new Error(
      `${runners[index]?.name} answers\n${own}\n${runners[0]?.name} answers\n${first}`,
    );
  }
}

/** The parts of the answers that must be equal. Of a new todo these are the names of its members. */
async function readAnswers({ server, workload }: Runner) {
  const connection = await Connection.open(server.port);
  const read = async (request: RequestName) => {
    const { status, head, body } = await connection.send(workload[request]().bytes);
    const tag = /^etag: *(.*)$/im.exec(head)?.[1];
    const parsed: unknown = JSON.parse(body);
    return { status, tag, hasLocation: /^location: *\/todos\//im.test(head), body: parsed };
  };
  const { tag: _optional, ...list } = await read('todos-list');
  const todo = await read('todos-get');
  const created = await read('todos-create');
  connection.close();
  return { list, todo, created: { ...created, body: Object.keys(created.body ?? {}) } };
}
