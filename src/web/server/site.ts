import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Settings } from '../settings.ts';
import { type Asset, compressible, readAssets, send } from './assets.ts';

/** The pages and their assets. */
export interface Site {
  /** @param prefix the path under which a proxy serves the service, empty or `/…` */
  sendPage(
    name: PageName,
    request: IncomingMessage,
    response: ServerResponse,
    prefix: string,
    settings: Settings,
  ): Promise<void>;
  /** @returns false if there is no asset at the path of the request */
  sendAsset(request: IncomingMessage, response: ServerResponse): Promise<boolean>;
}

/** `index` is the page at `/`, `reference` the interactive reference at `/docs`. */
export type PageName = 'index' | 'reference';

interface PageTemplate {
  html: string;
  policy: string;
}

export async function createSite(): Promise<Site> {
  const { scripts, imports, style, referenceStyle, scalar, icon } = await readAssets();
  const assets = [...scripts, style, referenceStyle, scalar, icon];
  const byPath = new Map(assets.map((asset) => [asset.path, asset]));
  const importMap = JSON.stringify({ imports });
  const importMapScript = `<script type="importmap">${importMap}</script>`;
  const preloads = Object.entries(imports)
    .filter(([name]) => !name.endsWith('/reference.ts'))
    .map(([, path]) => `<link rel="modulepreload" href="${path}">`);
  const pages: Record<PageName, PageTemplate> = {
    index: {
      html: fill(await readTemplate('index'), {
        STYLE: style.path,
        ICON: icon.path,
        MAIN: String(imports['./assets/web/main.ts']),
      }),
      policy: contentSecurityPolicy(importMap, {
        'style-src': "'self'",
        'img-src': "'self'",
        'require-trusted-types-for': "'script'",
      }),
    },
    reference: {
      html: fill(await readTemplate('reference'), {
        STYLE: referenceStyle.path,
        ICON: icon.path,
        SCALAR: scalar.path,
        MAIN: String(imports['./assets/web/reference.ts']),
      }),
      // Scalar adds inline styles to the page.
      policy: contentSecurityPolicy(importMap, {
        'style-src': "'self' 'unsafe-inline'",
        'img-src': "'self' data: blob:",
        'font-src': "'self' data:",
      }),
    },
  };

  async function readTemplate(name: PageName): Promise<string> {
    const template = await readFile(new URL(`../${name}.html`, import.meta.url), 'utf8');
    return template
      .replace('<!-- import map -->', importMapScript)
      .replace('<!-- preloads -->', preloads.join(''));
  }

  return {
    sendPage(name, request, response, prefix, settings) {
      const { html, policy } = pages[name];
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

/** Allows no other host, and no inline script except the import map. */
function contentSecurityPolicy(importMap: string, more: Record<string, string>): string {
  const hash = createHash('sha256').update(importMap).digest('base64');
  const directives = {
    'default-src': "'none'",
    'script-src': `'self' 'sha256-${hash}'`,
    'connect-src': "'self'",
    'base-uri': "'self'",
    'form-action': "'none'",
    'frame-ancestors': "'none'",
    ...more,
  };
  return Object.entries(directives)
    .map((directive) => directive.join(' '))
    .join('; ');
}

/** Replaces `{{NAME}}` in the attributes by the values. */
function fill(template: string, values: Record<string, string>): string {
  return Object.entries(values).reduce(
    (text, [name, value]) => text.replaceAll(`{{${name}}}`, () => escapeAttribute(value)),
    template,
  );
}

function escapeAttribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}
