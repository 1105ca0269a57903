import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import type { BrowserContext, Page } from 'playwright-core';
import type { BrowserTokens, Client } from '../../src/client/index.ts';

/** What a page of `openClientPage` has as globals. */
export interface ClientGlobals {
  client: Client;
  tokens: BrowserTokens;
  /** The login after each sign-in and sign-out that the page was notified of. */
  logins: (string | undefined)[];
  /** How often `onSessionLost` was called. */
  losses: number;
}

const HTML = `<!doctype html>
<script type="importmap">{ "imports": { "openapi-fetch": "/test/openapi-fetch.js" } }</script>
<script type="module">
  import { browserTokens, createClient } from '/test/client/index.ts';
  const tokens = browserTokens();
  const onSessionLost = () => { losses += 1; };
  const client = createClient({ baseUrl: location.origin, tokens, onSessionLost });
  Object.assign(globalThis, { tokens, client, logins: [], losses: 0 });
  tokens.subscribe(() => logins.push(tokens.get()?.login_id));
</script>`;

/** Opens a page of the service's origin with the client in it. */
export async function openClientPage(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  await page.route(`${url}/test/**`, async (route) => {
    const path = new URL(route.request().url()).pathname;
    if (path === '/test/page') return route.fulfill({ contentType: 'text/html', body: HTML });
    return route.fulfill({ contentType: 'text/javascript', body: await moduleAt(path) });
  });
  await page.goto(`${url}/test/page`);
  await page.waitForFunction(() => 'client' in globalThis);
  return page;
}

async function moduleAt(path: string): Promise<string> {
  if (path === '/test/openapi-fetch.js') {
    return readFile(new URL(import.meta.resolve('openapi-fetch')), 'utf8');
  }
  const file = path.replace('/test/client/', '../../src/client/');
  return stripTypeScriptTypes(await readFile(new URL(file, import.meta.url), 'utf8'));
}
