import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
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

/** A folder with the client and openapi-fetch in `node_modules`. */
export interface ClientModules {
  folder: string;
  /** The path of the client in it. */
  client: string;
}

const sources: ClientModules = {
  folder: fileURLToPath(new URL('../..', import.meta.url)),
  client: 'src/client/index.ts',
};

/** Opens a page of the service's origin with the client in it. */
export async function openClientPage(
  context: BrowserContext,
  url: string,
  { folder, client } = sources,
): Promise<Page> {
  const page = await context.newPage();
  const body = htmlOf(client);
  await page.route(`${url}/test/**`, async (route) => {
    const path = new URL(route.request().url()).pathname.slice('/test/'.length);
    if (path === 'page') return route.fulfill({ contentType: 'text/html', body });
    const source = await readFile(join(folder, path), 'utf8');
    const script = path.endsWith('.ts') ? stripTypeScriptTypes(source) : source;
    return route.fulfill({ contentType: 'text/javascript', body: script });
  });
  await page.goto(`${url}/test/page`);
  await page.waitForFunction(() => 'client' in globalThis);
  return page;
}

function htmlOf(client: string): string {
  const imports = { 'openapi-fetch': '/test/node_modules/openapi-fetch/dist/index.mjs' };
  return `<!doctype html>
    <script type="importmap">${JSON.stringify({ imports })}</script>
    <script type="module">
      import { browserTokens, createClient } from '/test/${client}';
      const tokens = browserTokens();
      const onSessionLost = () => { losses += 1; };
      const client = createClient({ baseUrl: location.origin, tokens, onSessionLost });
      Object.assign(globalThis, { tokens, client, logins: [], losses: 0 });
      tokens.subscribe(() => logins.push(tokens.get()?.login_id));
    </script>`;
}
