import type { IncomingMessage } from 'node:http';
import Negotiator from 'negotiator';
import type { RequestContext } from '../../http/context.ts';
import type { Page } from '../../http/pipeline.ts';
import { notFound } from '../../http/routing.ts';
import { lazy } from '../../lazy.ts';
import type { Settings } from '../settings.ts';
import { answerWith, compressible } from './assets.ts';
import { createSite, fill, type PageName } from './site.ts';

/** Links to the contract for programs (RFC 8631). */
const LINKS = [
  '</openapi.yaml>; rel="service-desc"; type="application/yaml"',
  '</openapi.json>; rel="service-desc"; type="application/json"',
  '</docs>; rel="service-doc"; type="text/html"',
  '</healthz>; rel="status"',
].join(', ');

/**
 * The page at `/`, the interactive reference at `/docs`, and their assets. A program that requests `/`
 * gets 404 and links to the contract. The files of the pages are read at the first request for one.
 * @param findSettings reads the settings of the page; called at every request, because they change
 */
export function webPages(findSettings: () => Promise<Settings>): Record<string, Page> {
  const load = lazy(createSite);
  const answerPage = async (name: PageName, { request, prefix }: RequestContext) => {
    const { html, policy } = (await load()).pages[name];
    const settings = JSON.stringify(await findSettings());
    const text = fill(html, { BASE: `${prefix}/`, SETTINGS: settings });
    return answerWith(request, compressible(Buffer.from(text)), {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': policy,
      'Cache-Control': 'no-cache',
      Vary: 'Accept, Accept-Encoding',
    });
  };
  return {
    '/': async (context) =>
      prefersHtml(context.request)
        ? answerPage('index', context)
        : notFound({ Link: LINKS, Vary: 'Accept' }),
    '/docs': (context) => answerPage('reference', context),
    '/docs/': async () => ({ status: 308, headers: { Location: '../docs' } }),
    '/assets/{folder}/{file}': async ({ request, path }) => {
      const asset = (await load()).assets.get(path.slice(1));
      if (!asset) return notFound();
      return answerWith(request, asset, {
        'Content-Type': asset.type,
        'Cache-Control': 'public, max-age=31536000, immutable',
        Vary: 'Accept-Encoding',
      });
    },
  };
}

/** Most programs accept every type (`*` `/*`). That does not count as a preference for HTML. */
function prefersHtml(request: IncomingMessage): boolean {
  const offered = ['application/json', 'application/problem+json', 'text/html'];
  return new Negotiator(request).mediaType(offered) === 'text/html';
}
