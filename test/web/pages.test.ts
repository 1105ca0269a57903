import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { runScript } from '../support/cli.ts';
import { startService, startSharedService } from '../support/service.ts';
import { DEMO } from '../support/users.ts';

const service = await startSharedService();

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

/** As a browser asks for a page. */
function ask(path: string, headers: Record<string, string> = {}, from = service) {
  return fetch(from.url + path, { headers: { Accept: BROWSER, ...headers } });
}

/** What the page loads, by the attributes of its elements. */
function assetsOf(html: string): string[] {
  const links = html.matchAll(/<(?:link|script)[^>]* (?:href|src)="([^"]+)"/g);
  return [...new Set([...links].map(([, path = '']) => path))];
}

/** What the page knows of its service. */
function settingsOf(html: string) {
  const text = /data-settings="([^"]*)"/.exec(html)?.[1]?.replaceAll('&quot;', '"') ?? '';
  return JSON.parse(text.replaceAll('&lt;', '<').replaceAll('&amp;', '&'));
}

describe('GET / for a browser', () => {
  test('is a page without inline scripts, inline styles and other hosts', async () => {
    const response = await ask('/');
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('Cache-Control')).toBe('no-cache');
    expect(response.headers.get('Vary')).toBe('Origin, Accept, Accept-Encoding');
    const html = await response.text();
    const importMap = /<script type="importmap">(.*)<\/script>/.exec(html)?.[1] ?? '';
    const hash = createHash('sha256').update(importMap).digest('base64');
    const policy = response.headers.get('Content-Security-Policy');
    expect(policy).toContain(`default-src 'none'; script-src 'self' 'sha256-${hash}'; `);
    expect(policy).not.toContain('unsafe');
    expect(html).not.toMatch(/<style|style=|<script>|\son\w+=|https?:/);
    expect(html).not.toContain('{{');
  });

  test('loads assets with the hash of their content in their paths, which never change', async () => {
    const html = await (await ask('/')).text();
    const paths = assetsOf(html);
    expect(paths.length).toBeGreaterThan(15);
    for (const path of paths) {
      const response = await ask(`/${path}`);
      expect(response.status).toBe(200);
      expect(response.headers.get('Cache-Control')).toBe('public, max-age=31536000, immutable');
      expect(response.headers.get('Content-Type')).toMatch(/^(text\/(javascript|css)|image\/svg)/);
      const hash = createHash('sha256')
        .update(await response.text())
        .digest('hex');
      expect(path).toContain(`.${hash.slice(0, 12)}.`);
    }
  });

  test('names every module of the page in its import map, without types', async () => {
    const html = await (await ask('/')).text();
    const { imports } = JSON.parse(/"importmap">(.*?)<\/script>/.exec(html)?.[1] ?? '');
    for (const name of ['preact', 'openapi-fetch', './assets/client/index.ts']) {
      expect(imports).toHaveProperty([name]);
    }
    const client = await (await ask(`/${imports['./assets/client/index.ts']}`)).text();
    expect(client).not.toContain('interface');
  });

  test('has the smallest content coding that the client accepts', async () => {
    const html = await (await ask('/')).text();
    const path = assetsOf(html).find((name) => name.includes('packages/preact.')) ?? '';
    const lengthWith = async (codings: string, coding: string | null) => {
      const response = await ask(`/${path}`, { 'Accept-Encoding': codings });
      expect(response.headers.get('Content-Encoding')).toBe(coding);
      expect(await response.text()).toContain('export');
      return Number(response.headers.get('Content-Length'));
    };
    const brotli = await lengthWith('gzip, deflate, br', 'br');
    const gzip = await lengthWith('gzip', 'gzip');
    const identity = await lengthWith('identity', null);
    expect(brotli).toBeLessThan(gzip);
    expect(gzip).toBeLessThan(identity);
  });

  test('answers HEAD with the same headers and no body', async () => {
    const headers = { Accept: 'text/html' };
    const [head, get] = await Promise.all(
      ['HEAD', 'GET'].map((method) => fetch(service.url, { method, headers })),
    );
    expect(await head?.text()).toBe('');
    expect(head?.headers.get('Content-Length')).toBe(get?.headers.get('Content-Length'));
  });

  test('refers to the path under which a trusted proxy has the service', async () => {
    await using behind = await startService({ TRUSTED_PROXIES: '127.0.0.1,::1' });
    const html = await (await ask('/', { 'X-Forwarded-Prefix': '/todo-app' }, behind)).text();
    expect(html).toContain('<base href="/todo-app/">');
    const direct = await (await ask('/', { 'X-Forwarded-Prefix': '/todo-app' })).text();
    expect(direct).toContain('<base href="/">');
  });
});

describe('GET / for a program', () => {
  test.each([undefined, '*/*', 'application/json', 'application/json, text/html;q=0.9'])(
    'is 404 with links to the contract (Accept: %s)',
    async (accept) => {
      const response = await fetch(service.url, { headers: accept ? { Accept: accept } : {} });
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ code: 'not_found' });
      expect(response.headers.get('Vary')).toContain('Accept');
      const links = response.headers.get('Link') ?? '';
      const targets = [...links.matchAll(/<([^>]+)>/g)].map(([, target = '']) => target);
      expect(targets).toEqual(['/openapi.yaml', '/openapi.json', '/docs', '/healthz']);
      for (const target of targets) expect((await fetch(service.url + target)).status).toBe(200);
    },
  );
});

test('an asset of another version is answered with 404', async () => {
  for (const path of ['/assets/web/main.0123456789ab.js', '/assets/server/site.ts']) {
    const response = await ask(path);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: 'not_found' });
    expect(response.headers.get('Cache-Control')).toBe('no-store');
  }
});

test('an asset has one path, whatever its query', async () => {
  const [path] = assetsOf(await (await ask('/')).text());
  expect((await ask(`/${path}?x=1`)).status).toBe(200);
});

describe('the page contains', () => {
  const settings = async (from = service) => settingsOf(await (await ask('/', {}, from)).text());

  test('whether registration is open, and the reuse leeway', async () => {
    expect(await settings()).toMatchObject({ registration: true, reuseLeewaySeconds: 10 });
    await using strict = await startService({ REGISTRATION: 'false', REFRESH_GRACE_SECONDS: '0' });
    expect(await settings(strict)).toMatchObject({ registration: false, reuseLeewaySeconds: 0 });
  });

  test('the demo credentials as long as they are valid', async () => {
    await using own = await startService({ DATABASE_URL: 'sqlite::memory:' });
    expect((await settings(own)).demo).toEqual(DEMO);
    const client = own.client();
    await client.login(DEMO.username, DEMO.password);
    const new_password = 'correct horse battery staple';
    await client.PUT('/auth/password', { body: { current_password: DEMO.password, new_password } });
    expect(await settings(own)).not.toHaveProperty('demo');
    const body = { current_password: new_password };
    await client.DELETE('/auth/me', { body });
    expect(await settings(own)).not.toHaveProperty('demo');
  });

  test('no demo credentials outside of development mode', async () => {
    const variables = { HOST: '0.0.0.0', JWT_SECRET: 'a secret of the tests, long enough' };
    await using real = await startService(variables);
    expect(await settings(real)).not.toHaveProperty('demo');
  });
});

test('rendering the page prints no warning of Node.js', async () => {
  const site = new URL('../../src/web/server/site.ts', import.meta.url);
  const script = `const { createSite } = await import('${site}'); await createSite()`;
  const rendered = await runScript(['--input-type=module', '--eval', script]);
  expect(rendered).toEqual({ code: 0, output: '' });
});
