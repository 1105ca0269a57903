import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import express, { type Request, type RequestHandler, type Router } from 'express';
import { formats, PLACE } from './document.ts';
import { otherThanGet } from './protocol.ts';

// Not imported: the package's main module is the reference itself, and expects a browser.
const assets = dirname(fileURLToPath(import.meta.resolve('swagger-ui-dist/package.json')));

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

const pages: Record<string, RequestHandler> = {
  '/openapi.yaml': (request, response) => {
    response.type('application/yaml').send(located(formats.yaml(), request));
  },
  '/openapi.json': (request, response) => {
    response.type('application/json').send(located(formats.json(), request));
  },
  '/docs': (_request, response) => {
    response.set('Content-Security-Policy', PAGE_POLICY).sendFile(here('index.html'), FILES);
  },
  '/docs/initializer.js': file(here('initializer.js')),
  ...Object.fromEntries(
    ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'].map((name) => [
      `/docs/${name}`,
      file(join(assets, name)),
    ]),
  ),
};

/**
 * The contract for people and programs: `/docs` (an interactive reference, all of it from this
 * service), `/openapi.yaml` and `/openapi.json` (the document with `servers` set to where it runs).
 */
export function docs(): Router {
  const router = express.Router({ strict: true, caseSensitive: true });
  for (const [path, page] of Object.entries(pages)) {
    router.route(path).get(page).all(otherThanGet);
  }
  return router;
}

function located(document: string, request: Request): string {
  return document.replace(PLACE, `${request.secure ? 'https' : 'http'}://${hostOf(request)}`);
}

/** The `Host` that was asked, if it is one; else the address that answered. */
function hostOf(request: Request): string {
  const host = request.host ?? '';
  if (/^[\w.-]+(:\d+)?$|^\[[\da-f:.]+\](:\d+)?$/i.test(host)) return host;
  const { localAddress, localPort } = request.socket;
  return `${localAddress?.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}`;
}
