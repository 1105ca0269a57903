// The real service with a fault, instead of the one at the URL of the run.

import { startService, type TestService } from '../support/service.ts';
import { after, before, describe } from './checks.ts';
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
