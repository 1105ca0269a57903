// Makes request collections from the contract: examples/requests.http (JetBrains, httpYac) and
// examples/bruno (https://www.usebruno.com). The login request saves its tokens for the others.
import {
  type ContractDocument,
  type ExampleObject,
  listOperations,
  type ParameterObject,
  type Reference,
  type RequestBodyObject,
  type ResponseObject,
} from '../src/http/openapi-document.ts';

/** Sent last. The requests after the logout get 401, so a run of the collection deletes no user. */
const LAST = [
  ...['deleteTodo', 'deleteTodos', 'refresh', 'logout'],
  ...['revokeSession', 'revokeSessions', 'changePassword', 'deleteCurrentUser'],
];

interface Request {
  id: string;
  summary: string;
  method: string;
  path: string;
  isPublic: boolean;
  mediaType: string;
  body: unknown;
  /** By path parameter: the request whose answer has the value, and a JSON Pointer into the answer. */
  sources: Record<string, { id: string; pointer: string }>;
}

interface Link {
  operationId: string;
  parameters?: Record<string, string>;
}

/** @returns the text of each file, by its path */
export function createCollections(document: ContractDocument, url: string): Record<string, string> {
  const requests = createRequests(document);
  return {
    'examples/requests.http': formatHttpFile(requests, url),
    'examples/bruno/bruno.json': `{ "version": "1", "name": ${JSON.stringify(document.info.title)}, "type": "collection" }\n`,
    'examples/bruno/environments/local.bru': `vars {\n  url: ${url}\n}\n`,
    ...Object.fromEntries(
      requests.map((request, index) => [
        `examples/bruno/${request.id}.bru`,
        formatBrunoFile(request, index + 1, requests),
      ]),
    ),
  };
}

function createRequests(document: ContractDocument): Request[] {
  const operations = [...listOperations(document)];
  const requests = operations.map(({ path, method, operation, pathParameters }): Request => {
    const id = operation.operationId ?? '';
    const [[mediaType = '', media] = []] = Object.entries(
      resolve<RequestBodyObject>(document, operation.requestBody)?.content ?? {},
    );
    const [example] = Object.values(media?.examples ?? {});
    const names = pathParameters.map(
      (node) => resolve<ParameterObject>(document, node)?.name ?? '',
    );
    return {
      id,
      summary: operation.summary ?? id,
      method,
      path,
      isPublic: operation.security?.length === 0,
      mediaType,
      body: resolve<ExampleObject>(document, example)?.value,
      sources: Object.fromEntries(names.map((name) => [name, findSource(document, id, name)])),
    };
  });
  const rank = ({ id }: Request) => (id === 'login' ? -2 : LAST.indexOf(id)); // -1 is the middle
  return requests.sort((a, b) => rank(a) - rank(b));
}

/** Finds a link of the contract that sets a path parameter; prefers one of the request that creates. */
function findSource(document: ContractDocument, target: string, parameter: string) {
  const found = [...listOperations(document)].flatMap(({ method, operation }) =>
    Object.values(operation.responses ?? {})
      .flatMap((node) => listLinks(document, node))
      .filter(({ operationId, parameters }) => operationId === target && parameters?.[parameter])
      .map(({ parameters }) => ({
        method,
        id: operation.operationId ?? '',
        pointer: parameters?.[parameter]?.split('#')[1] ?? '',
      })),
  );
  const source = found.find(({ method }) => method === 'post') ?? found[0];
  if (!source) throw new Error(`no link of the contract sets ${parameter} of ${target}`);
  return source;
}

function listLinks(document: ContractDocument, node: ResponseObject | Reference): Link[] {
  const response = resolve<ResponseObject & { links?: Record<string, Link | Reference> }>(
    document,
    node,
  );
  return Object.values(response?.links ?? {}).flatMap(
    (link) => resolve<Link>(document, link) ?? [],
  );
}

function resolve<T extends object>(
  document: ContractDocument,
  node: T | Reference | undefined,
): T | undefined {
  if (!node || !('$ref' in node)) return node;
  const names = node.$ref.split('/').slice(1);
  return names.reduce<unknown>(
    (value, name) => (value as Record<string, unknown>)[name],
    document,
  ) as T; // the linters have checked every $ref
}

/** A path parameter is a variable that an earlier answer has set. */
function formatUrl({ path }: Request): string {
  return `{{url}}${path.replaceAll(/\{(\w+)\}/g, '{{$1}}')}`;
}

function formatBody({ body }: Request): string {
  const value =
    typeof body === 'object' && body && 'refresh_token' in body
      ? { ...body, refresh_token: '{{refresh_token}}' }
      : body;
  return JSON.stringify(value, undefined, 2);
}

function formatHttpFile(requests: Request[], url: string): string {
  const sections = requests.map((request) => {
    const { id, summary, method, isPublic, mediaType, body } = request;
    const lines = [
      `### ${summary}`,
      `# @name ${id}`,
      `${method.toUpperCase()} ${formatUrl(request)}`,
    ];
    if (!isPublic) lines.push('Authorization: Bearer {{access_token}}');
    if (body) lines.push(`Content-Type: ${mediaType}`, '', formatBody(request));
    const script = formatScript(request, requests, {
      status: 'response.status',
      body: 'response.body',
      set: 'client.global.set',
    });
    if (script) lines.push('', `> {%\n${script}\n%}`);
    return lines.join('\n');
  });
  const head = `# Made from openapi.yaml by \`npm run generate\`. Do not edit.\n# For the HTTP clients of JetBrains and httpYac. Send "login" first: the other requests use its tokens.\n@url = ${url}`;
  return `${[head, ...sections].join('\n\n')}\n`;
}

function formatBrunoFile(request: Request, position: number, requests: Request[]): string {
  const { id, summary, method, isPublic, body } = request;
  const sent = `url: ${formatUrl(request)}\nbody: ${body ? 'json' : 'none'}`;
  const blocks = [
    ['meta', `name: ${id}\ntype: http\nseq: ${position}`],
    [method, `${sent}\nauth: ${isPublic ? 'none' : 'bearer'}`],
  ];
  if (!isPublic) blocks.push(['auth:bearer', 'token: {{access_token}}']);
  if (body) blocks.push(['body:json', formatBody(request)]);
  const script = formatScript(request, requests, {
    status: 'res.status',
    body: 'res.body',
    set: 'bru.setVar',
  });
  if (script) blocks.push(['script:post-response', script]);
  blocks.push(['docs', summary]);
  return blocks
    .map(([name, text = '']) => `${name} {\n${text.replaceAll(/^/gm, '  ')}\n}\n`)
    .join('\n');
}

/** A script that saves the values of an answer that later requests need, in the tool's own terms. */
function formatScript(
  { id }: Request,
  requests: Request[],
  terms: { status: string; body: string; set: string },
): string {
  const kept = requests.flatMap(({ sources }) =>
    Object.entries(sources)
      .filter(([, source]) => source.id === id)
      .map(([name, { pointer }]) => [name, pointer] as const),
  );
  if (id === 'login' || id === 'refresh') {
    kept.push(['access_token', '/access_token'], ['refresh_token', '/refresh_token']);
  }
  const lines = kept.map(([name, pointer]) => {
    const member = pointer.replaceAll(/\/(\d+)/g, '[$1]').replaceAll('/', '.');
    return `  ${terms.set}("${name}", ${terms.body}${member});`;
  });
  if (lines.length === 0) return '';
  return [`if (${terms.status} < 300) {`, ...new Set(lines), '}'].join('\n');
}
