import type { OperationId } from './document.ts';
import { check, holds } from './expect.ts';
import { goodRequest, raw } from './requests.ts';
import { target } from './target.ts';

/** The methods that a browser asks about (https://fetch.spec.whatwg.org/#methods). */
const UNSAFE = ['PUT', 'PATCH', 'DELETE'];

const ASKED = ['authorization', 'content-type'];

/** That a page of another origin may call an operation. */
export function describeCors(id: OperationId, method: string): void {
  check('OPTIONS', 'a page of a configured origin may call it, and no other', async (context) => {
    const { origin } = target;
    if (origin === undefined) return context.skip('no origin was given');
    const { template, path } = await goodRequest(id);
    const preflight = (from: string) => {
      const headers = {
        Origin: from,
        'Access-Control-Request-Method': method,
        'Access-Control-Request-Headers': ASKED.join(),
      };
      return raw({ method: 'OPTIONS', template, path, headers });
    };
    const result = await preflight(origin);
    const { response } = result;
    holds(result, PREFLIGHT, response.ok, true);
    mayRead(result, PREFLIGHT, origin);
    const methods = UNSAFE.includes(method) ? [method] : []; // it does not ask about the others
    holds(result, PREFLIGHT, missingIn(response, 'Access-Control-Allow-Methods', methods), []);
    holds(result, PREFLIGHT, missingIn(response, 'Access-Control-Allow-Headers', ASKED), []);
    const foreign = await preflight('https://contract.invalid');
    const allowed = foreign.response.headers.get('Access-Control-Allow-Origin');
    holds(foreign, PREFLIGHT, allowed === 'https://contract.invalid', false);
  });
}

const PREFLIGHT = '`OPTIONS` answers CORS preflight';

const EXPOSED = ['WWW-Authenticate', 'Retry-After', 'Link', 'ETag', 'Location', 'X-Request-Id'];

/** That a page may read an answer, and those headers that its browser would hide. */
export function exposes(result: { response: Response }, origin: string): void {
  const sentence = 'pages there may read';
  mayRead(result, sentence, origin);
  const missing = missingIn(result.response, 'Access-Control-Expose-Headers', EXPOSED);
  holds(result, sentence, missing, []);
}

function mayRead(result: { response: Response }, sentence: string, origin: string): void {
  const allowed = result.response.headers.get('Access-Control-Allow-Origin');
  if (allowed !== '*') holds(result, sentence, allowed, origin);
}

/** Which of these a header with a list does not name. */
function missingIn({ headers }: Response, header: string, names: string[]): string[] {
  const items = headers.get(header)?.split(',') ?? [];
  const listed = items.map((item) => item.trim().toLowerCase());
  return names.filter((name) => !listed.includes(name.toLowerCase()));
}
