import { mock } from 'node:test';
import type { TestService } from '../../support/service.ts';
import { after, before, check } from '../checks.ts';
import { type OperationId, operations } from '../document.ts';
import { fails, holds, type ProblemCode, succeeds } from '../expect.ts';
import { raw } from '../requests.ts';
import { prepareRequests, serviceWith } from '../service-with.ts';
import { api } from '../target.ts';

const all = operations.map(({ operationId }) => operationId);

/** They need no database. */
const FRUGAL: OperationId[] = ['getHealth', 'getJwks'];
const needy = all.filter((id) => !FRUGAL.includes(id));

const FIXED = '`request_id` names the request in its log';

serviceWith('a service whose database is closed', {}, (service) => {
  describeAnswers(service, needy, 503, 'unavailable', ({ db }) => db.destroy());

  check(200, 'getHealth: the process is alive', async () => {
    succeeds(await api.GET('/healthz'), 200);
  });
});

serviceWith('a service whose tables are gone', {}, (service) => {
  describeAnswers(service, needy, 500, 'internal_error', async ({ db }) => {
    for (const table of ['sessions', 'users', 'secrets'] as const) {
      await db.schema.alterTable(table).renameTo(`former_${table}`).execute();
    }
  });
});

serviceWith('a service that cannot serialize a body without an error', {}, (service) => {
  after(() => mock.restoreAll());
  describeAnswers(service, FRUGAL, 500, 'internal_error', () => {
    const stringify = JSON.stringify;
    mock.method(JSON, 'stringify', (...given: Parameters<typeof stringify>) => {
      const [value] = given;
      const isHealth = value?.status === 'ok' || Array.isArray(value?.keys);
      if (isHealth) throw new Error('no body can be made');
      return stringify(...given);
    });
  });
});

/** The answers to good requests after the fault. */
function describeAnswers(
  service: () => TestService,
  ids: OperationId[],
  status: number,
  code: ProblemCode,
  fault: (service: TestService) => unknown,
): void {
  const requestTo = prepareRequests(ids);
  before(() => fault(service()));

  for (const id of ids) {
    check(status, id, async () => {
      const result = await raw(requestTo(id));
      const { detail, request_id = '' } = fails(result, status, code);
      const [line = ''] = service().log.filter((text) => text.includes(request_id));
      const reason: unknown = line && JSON.parse(line).err?.message;
      holds(result, FIXED, [line !== '', detail === reason], [true, false]);
    });
  }
}
