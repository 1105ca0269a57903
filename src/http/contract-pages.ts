import type { Request, RequestHandler } from 'express';
import type { ClientLookup } from './client-address.ts';
import { publishedContract, SERVER_URL_PLACEHOLDER } from './openapi-document.ts';

/** `/openapi.yaml` and `/openapi.json`: the contract, with `servers` set to where the service runs. */
export function createContractPages(clients: ClientLookup): Record<string, RequestHandler> {
  const insertServerUrl = (document: string, request: Request) =>
    document.replace(SERVER_URL_PLACEHOLDER, formatServerUrl(clients, request));
  return {
    '/openapi.yaml': async (request, response) => {
      const yaml = insertServerUrl(await publishedContract.yaml(), request);
      response.type('application/yaml').send(yaml);
    },
    '/openapi.json': async (request, response) => {
      const json = insertServerUrl(await publishedContract.json(), request);
      response.type('application/json').send(json);
    },
  };
}

/** Where the service is for the client, a proxy's path included. */
function formatServerUrl(clients: ClientLookup, request: Request): string {
  return `${clients.findScheme(request)}://${findHost(request)}${clients.findPrefix(request)}`;
}

/** The `Host` that was asked, if it is one; else the address that answered. */
function findHost(request: Request): string {
  const host = request.host ?? '';
  if (/^[\w.-]+(:\d+)?$|^\[[\da-f:.]+\](:\d+)?$/i.test(host)) return host;
  const { localAddress, localPort } = request.socket;
  return `${localAddress?.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}`;
}
