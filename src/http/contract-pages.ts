import type { Request, RequestHandler } from 'express';
import type { ClientLookup } from './client-address.ts';
import { published, SERVER_URL_PLACEHOLDER } from './openapi-document.ts';

/** `/openapi.yaml` and `/openapi.json`: the contract, with `servers` set to where the service runs. */
export function createContractPages(clients: ClientLookup): Record<string, RequestHandler> {
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
