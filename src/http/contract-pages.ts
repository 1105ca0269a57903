import type { RequestContext } from './context.ts';
import { publishedContract, SERVER_URL_PLACEHOLDER } from './openapi-document.ts';
import type { Page } from './pipeline.ts';
import { textPage } from './write-response.ts';

/** `/openapi.yaml` and `/openapi.json`: the contract, with `servers` set to the service's own URL. */
export const contractPages: Record<string, Page> = {
  '/openapi.yaml': async (context) => {
    const yaml = insertServerUrl(await publishedContract.yaml(), context);
    return textPage('application/yaml; charset=utf-8', yaml);
  },
  '/openapi.json': async (context) => {
    const json = insertServerUrl(await publishedContract.json(), context);
    return textPage('application/json; charset=utf-8', json);
  },
};

/** The URL by which the client reaches the service, the path that a proxy adds included. */
function insertServerUrl(document: string, context: RequestContext): string {
  const url = `${context.scheme}://${findHost(context)}${context.prefix}`;
  return document.replace(SERVER_URL_PLACEHOLDER, url);
}

/** The `Host` of the request, if it is one; else the address at which it arrived. */
function findHost({ host, request }: RequestContext): string {
  if (/^[\w.-]+(:\d+)?$|^\[[\da-f:.]+\](:\d+)?$/i.test(host)) return host;
  const { localAddress, localPort } = request.socket;
  return `${localAddress?.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}`;
}
