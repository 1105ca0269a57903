// The real service with a fault, in the place of the one that the run is aimed at.
import { startApp, type TestApp } from '../support/service.ts';
import { after, before, describe } from './checks.ts';
import { aimAt, target } from './target.ts';

/** Describes what a service that was started with these variables answers. */
export function serviceWith(
  what: string,
  variables: Record<string, string>,
  checks: (app: () => TestApp) => void,
): void {
  describe(what, () => {
    const { baseUrl } = target;
    let app: TestApp;
    before(async () => {
      app = await startApp(variables);
      aimAt({ baseUrl: app.url });
    });
    after(async () => {
      aimAt({ baseUrl });
      await app.close();
    });
    checks(() => app);
  });
}
