// The contract as requests to send by hand: examples/requests.http (JetBrains, httpYac) and
// examples/bruno (https://www.usebruno.com). They take the tokens of the sign-in over.
import {
  type ContractDocument,
  type ExampleObject,
  listOperations,
  type ParameterObject,
  type Reference,
  type RequestBodyObject,
  type ResponseObject,
} from '../src/http/openapi-document.ts';

/** Sent last. What follows the sign-out needs another sign-in: so no run of all deletes the user. */
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
  /** By the name of a path parameter, where its value comes from. */
  sources: Record<string, { id: string; pointer: string }>;
}

interface Link {
  operationId: string;
  parameters?: Record<string, string>;
}

/** @returns the text of each file, by its path */
export function collectionsOf(document: ContractDocument, url: string): Record<string, string> {
  const requests = requestsOf(document);
  return {
    'examples/requests.http': httpFile(requests, url),
    'examples/bruno/bruno.json': `{ "version": "1", "name": ${JSON.stringify(document.info.title)}, "type": "collection" }\n`,
    'examples/bruno/environments/local.bru': `vars {\n  url: ${url}\n}\n`,
    ...Object.fromEntries(
      requests.map((request, index) => [
        `examples/bruno/${request.id}.bru`,
        brunoFile(request, index + 1, requests),
      ]),
    ),
  };
}

function requestsOf(document: ContractDocument): Request[] {
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
      sources: Object.fromEntries(names.map((name) => [name, sourceOf(document, id, name)])),
    };
  });
  const rank = ({ id }: Request) => (id === 'login' ? -2 : LAST.indexOf(id)); // -1 is in between
  return requests.sort((a, b) => rank(a) - rank(b));
}

/** Where a link of the contract says that a path parameter comes from; what was made comes first. */
function sourceOf(document: ContractDocument, target: string, parameter: string) {
  const found = [...listOperations(document)].flatMap(({ method, operation }) =>
    Object.values(operation.responses ?? {})
      .flatMap((node) => linksOf(document, node))
      .filter(({ operationId, parameters }) => operationId === target && parameters?.[parameter])
      .map(({ parameters }) => ({
        method,
        id: operation.operationId ?? '',
        pointer: parameters?.[parameter]?.split('#')[1] ?? '',
      })),
  );
  const source = found.find(({ method }) => method === 'post') ?? found[0];
  if (!source) throw new Error(`no link leads to ${parameter} of ${target}`);
  return source;
}

function linksOf(document: ContractDocument, node: ResponseObject | Reference): Link[] {
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
    (place, name) => (place as Record<string, unknown>)[name],
    document,
  ) as T; // the contract is linted: it is there
}

/** Values of other answers are variables, in all that follows. */
function urlOf({ path }: Request): string {
  return `{{url}}${path.replaceAll(/\{(\w+)\}/g, '{{$1}}')}`;
}

function bodyText({ body }: Request): string {
  const value =
    typeof body === 'object' && body && 'refresh_token' in body
      ? { ...body, refresh_token: '{{refresh_token}}' }
      : body;
  return JSON.stringify(value, undefined, 2);
}

function httpFile(requests: Request[], url: string): string {
  const sections = requests.map((request) => {
    const { id, summary, method, isPublic, mediaType, body } = request;
    const lines = [`### ${summary}`, `# @name ${id}`, `${method.toUpperCase()} ${urlOf(request)}`];
    if (!isPublic) lines.push('Authorization: Bearer {{access_token}}');
    if (body) lines.push(`Content-Type: ${mediaType}`, '', bodyText(request));
    const script = scriptAfter(request, requests, {
      status: 'response.status',
      body: 'response.body',
      set: 'client.global.set',
    });
    if (script) lines.push('', `> {%\n${script}\n%}`);
    return lines.join('\n');
  });
  const head = `# Made from openapi.yaml by \`npm run generate\`; never edited.\n# For the HTTP clients of JetBrains and of httpYac. Send "login" first: the others use its tokens.\n@url = ${url}`;
  return `${[head, ...sections].join('\n\n')}\n`;
}

function brunoFile(request: Request, position: number, requests: Request[]): string {
  const { id, summary, method, isPublic, body } = request;
  const sent = `url: ${urlOf(request)}\nbody: ${body ? 'json' : 'none'}`;
  const blocks = [
    ['meta', `name: ${id}\ntype: http\nseq: ${position}`],
    [method, `${sent}\nauth: ${isPublic ? 'none' : 'bearer'}`],
  ];
  if (!isPublic) blocks.push(['auth:bearer', 'token: {{access_token}}']);
  if (body) blocks.push(['body:json', bodyText(request)]);
  const script = scriptAfter(request, requests, {
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

/** Keeps what later requests need of an answer; `words` are the tool's names for its parts. */
function scriptAfter(
  { id }: Request,
  requests: Request[],
  words: { status: string; body: string; set: string },
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
    const place = pointer.replaceAll(/\/(\d+)/g, '[$1]').replaceAll('/', '.');
    return `  ${words.set}("${name}", ${words.body}${place});`;
  });
  if (lines.length === 0) return '';
  return [`if (${words.status} < 300) {`, ...new Set(lines), '}'].join('\n');
}
