import type { IncomingMessage } from 'node:http';
import Negotiator from 'negotiator';
import type { RequestContext } from '../../http/context.ts';
import type { Page } from '../../http/pipeline.ts';
import { notFound } from '../../http/routing.ts';
import { lazy } from '../../lazy.ts';
import type { Settings } from '../settings.ts';
import type { PageName } from './site.ts';

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
  const load = lazy(async () => (await import('./site.ts')).createSite());
  const answerPage = async (name: PageName, context: RequestContext) =>
    (await load()).answerPage(name, context, await findSettings());
  return {
    '/': async (context) =>
      prefersHtml(context.request)
        ? answerPage('index', context)
        : notFound({ Link: LINKS, Vary: 'Accept' }),
    '/docs': (context) => answerPage('reference', context),
    '/docs/': async () => ({ status: 308, headers: { Location: '../docs' } }),
    '/assets/{folder}/{file}': async (context) => (await load()).answerAsset(context),
  };
}

/** Most programs accept every type (`*` `/*`). That does not count as a preference for HTML. */
function prefersHtml(request: IncomingMessage): boolean {
  const offered = ['application/json', 'application/problem+json', 'text/html'];
  return new Negotiator(request).mediaType(offered) === 'text/html';
}
