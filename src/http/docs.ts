import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Request, RequestHandler } from 'express';
import type { ClientLookup } from './client-address.ts';
import { published, SERVER_URL_PLACEHOLDER } from './openapi-document.ts';

const here = (name: string) => fileURLToPath(new URL(`docs/${name}`, import.meta.url));

/** Whole files only: a range that does not fit one would be an error. */
const FILES = { acceptRanges: false } as const;

/** Swagger UI styles its elements one by one, which is what 'unsafe-inline' allows here. */
const PAGE_POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

const file =
  (path: string): RequestHandler =>
  (_request, response) =>
    response.sendFile(path, FILES);

/** A file of the reference. It is not imported: the package's main module expects a browser. */
const asset =
  (name: string): RequestHandler =>
  (_request, response) => {
    const folder = dirname(fileURLToPath(import.meta.resolve('swagger-ui-dist/package.json')));
    response.sendFile(join(folder, name), FILES);
  };

/**
 * The contract for people and programs: `/docs` (an interactive reference, all of it from this
 * service), `/openapi.yaml` and `/openapi.json` (the document with `servers` set to where it runs).
 */
export function createDocs(clients: ClientLookup): Record<string, RequestHandler> {
  const locate = (document: string, request: Request) =>
    document.replace(SERVER_URL_PLACEHOLDER, serverUrl(clients, request));
  return {
    '/openapi.yaml': async (request, response) => {
      const yaml = locate(await published.yaml(), request);
      response.type('application/yaml').send(yaml);
    },
    '/openapi.json': async (request, response) => {
      const json = locate(await published.json(), request);
      response.type('application/json').send(json);
    },
    '/docs': (_request, response) => {
      response.set('Content-Security-Policy', PAGE_POLICY).sendFile(here('index.html'), FILES);
    },
    '/docs/': (_request, response) => response.redirect(308, '../docs'),
    '/favicon.ico': asset('favicon-32x32.png'),
    '/docs/initializer.js': file(here('initializer.js')),
    ...Object.fromEntries(
      ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'].map((name) => [
        `/docs/${name}`,
        asset(name),
      ]),
    ),
  };
}

/** Where the service is for the client, a proxy's path included. */
function serverUrl(clients: ClientLookup, request: Request): string {
  return `${clients.schemeOf(request)}://${hostOf(request)}${clients.prefixOf(request)}`;
}

/** The `Host` that was asked, if it is one; else the address that answered. */
function hostOf(request: Request): string {
  const host = request.host ?? '';
  if (/^[\w.-]+(:\d+)?$|^\[[\da-f:.]+\](:\d+)?$/i.test(host)) return host;
  const { localAddress, localPort } = request.socket;
  return `${localAddress?.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}`;
}
