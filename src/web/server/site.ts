import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { RequestContext } from '../../http/context.ts';
import { notFound } from '../../http/routing.ts';
import type { AnyResponse } from '../../http/write-response.ts';
import type { Settings } from '../settings.ts';
import { type Asset, answerWith, compressible, readAssets } from './assets.ts';

/** `index` is the page at `/`, `reference` the interactive reference at `/docs`. */
export type PageName = 'index' | 'reference';

interface PageTemplate {
  html: string;
  /** The value of `Content-Security-Policy`. */
  policy: string;
}

/** The pages and their assets. */
export interface Site {
  answerPage(name: PageName, context: RequestContext, settings: Settings): Promise<AnyResponse>;
  answerAsset(context: RequestContext): Promise<AnyResponse>;
}

export async function createSite(): Promise<Site> {
  const { scripts, others } = await readAssets();
  const imports = pathsOf(scripts);
  const importMap = JSON.stringify({ imports });
  const preloads = Object.entries(imports)
    .filter(([name]) => !name.endsWith('/reference.ts'))
    .map(([, path]) => `<link rel="modulepreload" href="${path}">`);

  async function readPage(name: PageName, policy: Record<string, string>): Promise<PageTemplate> {
    const template = await readFile(new URL(`../${name}.html`, import.meta.url), 'utf8');
    const html = template
      .replace('<!-- import map -->', `<script type="importmap">${importMap}</script>`)
      .replace('<!-- preloads -->', preloads.join(''));
    return {
      html: fill(html, { ...pathsOf(others), ...imports }),
      policy: contentSecurityPolicy(importMap, policy),
    };
  }

  const pages = {
    index: await readPage('index', {
      'style-src': "'self'",
      'img-src': "'self'",
      'require-trusted-types-for': "'script'",
    }),
    // Scalar adds inline styles to the page.
    reference: await readPage('reference', {
      'style-src': "'self' 'unsafe-inline'",
      'img-src': "'self' data: blob:",
      'font-src': "'self' data:",
    }),
  };
  const assets = new Map(
    [scripts, others].flatMap(Object.values<Asset>).map((asset) => [asset.path, asset]),
  );

  return {
    async answerPage(name, { request, prefix }, settings) {
      const { html, policy } = pages[name];
      const text = fill(html, { BASE: `${prefix}/`, SETTINGS: JSON.stringify(settings) });
      return answerWith(request, compressible(Buffer.from(text)), {
        'Content-Type': 'text/html; charset=utf-8',
        'Content-Security-Policy': policy,
        'Cache-Control': 'no-cache',
        Vary: 'Accept, Accept-Encoding',
      });
    },
    async answerAsset({ request, path }) {
      const asset = assets.get(path.slice(1));
      if (!asset) return notFound();
      return answerWith(request, asset, {
        'Content-Type': asset.type,
        'Cache-Control': 'public, max-age=31536000, immutable',
        Vary: 'Accept-Encoding',
      });
    },
  };
}

function pathsOf(assets: Record<string, Asset>): Record<string, string> {
  return Object.fromEntries(Object.entries(assets).map(([name, { path }]) => [name, `./${path}`]));
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
