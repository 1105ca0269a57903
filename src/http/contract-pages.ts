import type { RequestContext } from './context.ts';
import { contractYaml, document } from './openapi-document.ts';
import type { Page } from './pipeline.ts';
import { textPage } from './write-response.ts';

/** `/openapi.yaml` and `/openapi.json`: the contract, with `servers` set to the service's own URL. */
export const contractPages: Record<string, Page> = {
  '/openapi.yaml': async (context) => {
    const servers = `servers:\n  - url: ${findServerUrl(context)}\n`;
    const yaml = contractYaml.replace(SERVERS_BLOCK, servers);
    return textPage('application/yaml; charset=utf-8', yaml);
  },
  '/openapi.json': async (context) => {
    const json = JSON.stringify({ ...document, servers: [{ url: findServerUrl(context) }] });
    return textPage('application/json; charset=utf-8', json);
  },
};

/** The member `servers` of openapi.yaml: its line and the indented ones after it. */
const SERVERS_BLOCK = /^servers:\n(?: .*\n)+/m;

/** The URL by which the client reaches the service, the path that a proxy adds included. */
function findServerUrl(context: RequestContext): string {
  return `${context.scheme}://${findHost(context)}${context.prefix}`;
}

/** The `Host` of the request, if it is one; else the address at which it arrived. */
function findHost({ host, request }: RequestContext): string {
  if (/^[\w.-]+(:\d+)?$|^\[[\da-f:.]+\](:\d+)?$/i.test(host)) return host;
  const { localAddress, localPort } = request.socket;
  return `${localAddress?.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}`;
}
