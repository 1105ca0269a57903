// The real service with a fault, instead of the one at the URL of the run.

import { startService, type TestService } from '../support/service.ts';
import { after, before, describe } from './checks.ts';
import { goodRequest, type Sent } from './requests.ts';
import { aimAt, target } from './target.ts';

/** Describes what a service that was started with these variables answers. */
export function serviceWith(
  what: string,
  variables: Record<string, string>,
  checks: (service: () => TestService) => void,
): void {
  describe(what, () => {
    const { baseUrl } = target;
    let service: TestService;
    before(async () => {
      service = await startService(variables);
      aimAt({ baseUrl: service.url });
    });
    after(async () => {
      aimAt({ baseUrl });
      await service.close();
    });
    checks(() => service);
  });
}

/** Good requests for these operations, which are made before the checks of the group. */
export function prepareRequests(ids: string[]): (id: string) => Sent {
  const requests = new Map<string, Sent>();
  before(async () => {
    for (const id of ids) requests.set(id, await goodRequest(id));
  });
  return (id) => {
    const request = requests.get(id);
    if (!request) throw new Error('no request was made for it');
    return request;
  };
}
