import type { IncomingMessage } from 'node:http';
import Negotiator from 'negotiator';
import type { RequestContext } from '../../http/context.ts';
import type { Page } from '../../http/pipeline.ts';
import { NotFoundError } from '../../http/routing.ts';
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
  const sendPage = async (name: PageName, { request, response, prefix }: RequestContext) => {
    const site = await load();
    await site.sendPage(name, request, response, prefix, await findSettings());
  };
  return {
    '/': async (context) => {
      if (!prefersHtml(context.request)) throw new NotFoundError({ Link: LINKS, Vary: 'Accept' });
      await sendPage('index', context);
    },
    '/docs': (context) => sendPage('reference', context),
    '/docs/': async ({ response }) => {
      response.writeHead(308, { Location: '../docs' }).end();
    },
    '/assets/{folder}/{file}': async ({ request, response }) => {
      const site = await load();
      if (!(await site.sendAsset(request, response))) throw new NotFoundError();
    },
  };
}

/** Most programs accept every type (`*` `/*`). That does not count as a preference for HTML. */
function prefersHtml(request: IncomingMessage): boolean {
  const offered = ['application/json', 'application/problem+json', 'text/html'];
  return new Negotiator(request).mediaType(offered) === 'text/html';
}
