import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { RequestContext } from '../../http/context.ts';
import { notFound } from '../../http/routing.ts';
import type { AnyResponse } from '../../http/write-response.ts';
import type { Settings } from '../settings.ts';
import { answerWith, compressible, readAssets } from './assets.ts';

/** The pages and their assets. */
export interface Site {
  answerPage(name: PageName, context: RequestContext, settings: Settings): Promise<AnyResponse>;
  answerAsset(context: RequestContext): Promise<AnyResponse>;
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
    answerPage(name, { request, prefix }, settings) {
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
      const asset = byPath.get(path.slice(1));
      if (!asset) return notFound();
      return answerWith(request, asset, {
        'Content-Type': asset.type,
        'Cache-Control': 'public, max-age=31536000, immutable',
        Vary: 'Accept-Encoding',
      });
    },
  };
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
