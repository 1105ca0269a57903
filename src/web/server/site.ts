import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Settings } from '../settings.ts';
import { type Asset, compressible, readAssets, send } from './assets.ts';

/** The page with its assets, read and compiled. */
export interface Site {
  /** @param prefix the path under which a proxy has the service, empty or `/…` */
  sendPage(
    request: IncomingMessage,
    response: ServerResponse,
    prefix: string,
    settings: Settings,
  ): Promise<void>;
  /** @returns whether there is an asset at the path of the request */
  sendAsset(request: IncomingMessage, response: ServerResponse): Promise<boolean>;
}

export async function createSite(): Promise<Site> {
  const { scripts, imports, style, icon } = await readAssets();
  const byPath = new Map([...scripts, style, icon].map((asset) => [asset.path, asset]));
  const template = await readFile(new URL('../index.html', import.meta.url), 'utf8');
  const importMap = JSON.stringify({ imports });
  const policy = contentSecurityPolicy(importMap);
  const preloads = scripts.map(({ path }) => `<link rel="modulepreload" href="${path}">`);
  const modules = [`<script type="importmap">${importMap}</script>`, ...preloads].join('');
  const html = fill(template.replace('<!-- modules -->', modules), {
    STYLE: style.path,
    ICON: icon.path,
    MAIN: String(imports['./assets/web/main.ts']),
  });

  return {
    sendPage(request, response, prefix, settings) {
      const text = fill(html, { BASE: `${prefix}/`, SETTINGS: JSON.stringify(settings) });
      response.setHeader('Content-Security-Policy', policy);
      response.setHeader('Cache-Control', 'no-cache');
      response.appendHeader('Vary', 'Accept, Accept-Encoding');
      return send(request, response, 'text/html; charset=utf-8', compressible(Buffer.from(text)));
    },
    async sendAsset(request, response) {
      const asset = byPath.get(pathOfRequest(request));
      if (!asset) return false;
      response.setHeader('Cache-Control', 'public, max-age=31536000, immutable');
      response.appendHeader('Vary', 'Accept-Encoding');
      await send(request, response, asset.type, asset);
      return true;
    },
  };
}

function pathOfRequest({ url = '' }: IncomingMessage): Asset['path'] {
  return url.replace(/^\/|\?.*$/g, '');
}

/** No inline script but the import map, no inline style, no other host. */
function contentSecurityPolicy(importMap: string): string {
  const hash = createHash('sha256').update(importMap).digest('base64');
  return [
    "default-src 'none'",
    `script-src 'self' 'sha256-${hash}'`,
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'self'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ');
}

/** Puts values into the attributes that have `{{NAME}}`. */
function fill(template: string, values: Record<string, string>): string {
  return Object.entries(values).reduce(
    (text, [name, value]) => text.replaceAll(`{{${name}}}`, () => escapeAttribute(value)),
    template,
  );
}

function escapeAttribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}
