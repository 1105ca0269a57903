import { differenceIn } from '../difference.ts';
import { document, lineOf, lineSaying, type Operation } from '../document.ts';
import { isOwnContract } from '../own.ts';
import { goodRequest, type RawResult, raw } from '../requests.ts';
import { target } from '../target.ts';
import { derive } from './derive.ts';

/** The methods that a browser asks about (https://fetch.spec.whatwg.org/#methods). */
const UNSAFE = ['PUT', 'PATCH', 'DELETE'];

const ASKED = ['authorization', 'content-type'];

const FOREIGN = 'https://contract.invalid';

/** A page of the origin may call the operation, and a page of another one may not. */
export function describeCors({ operationId, method }: Operation): void {
  derive('OPTIONS', 'a page of a configured origin may call it, and no other', async (context) => {
    const { origin } = target;
    if (origin === undefined) return context.skip('no origin was given (--origin URL)');
    const { template, path } = await goodRequest(operationId, false);
    const preflight = (from: string) => {
      const headers = {
        Origin: from,
        'Access-Control-Request-Method': method,
        'Access-Control-Request-Headers': ASKED.join(),
      };
      return raw({ method: 'OPTIONS', template, path, headers });
    };
    const result = await preflight(origin);
    const line = lineOfCors();
    if (!result.response.ok) {
      const what = `a success for the preflight of a page of ${origin}`;
      throw differenceIn(result, { what, line });
    }
    mayRead(result, origin, line);
    const methods = UNSAFE.includes(method) ? [method] : []; // it does not ask about the others
    lists(result, 'Access-Control-Allow-Methods', methods, line);
    lists(result, 'Access-Control-Allow-Headers', ASKED, line);
    const foreign = await preflight(FOREIGN);
    if (foreign.response.headers.get('Access-Control-Allow-Origin') !== FOREIGN) return;
    const what = `no Access-Control-Allow-Origin: ${FOREIGN}, which is not configured`;
    throw differenceIn(foreign, { what, line });
  });
}

function lineOfCors(): string {
  return isOwnContract ? lineSaying('`OPTIONS` answers CORS preflight') : lineOf(document, 'paths');
}

const EXPOSED = ['WWW-Authenticate', 'Retry-After', 'Link', 'ETag', 'Location', 'X-Request-Id'];

/** A page may read the answer, and the headers that its browser would hide. */
export function exposes(result: RawResult, origin: string): void {
  const line = lineSaying('pages there may read');
  mayRead(result, origin, line);
  lists(result, 'Access-Control-Expose-Headers', EXPOSED, line);
}

function mayRead({ response }: RawResult, origin: string, line: string): void {
  const found = response.headers.get('Access-Control-Allow-Origin');
  if (found === '*' || found === origin) return;
  const what = `Access-Control-Allow-Origin: ${origin}`;
  throw differenceIn({ response }, { what, line, found: `${found}` });
}

/** A header with a list has these names in it. */
function lists({ response }: RawResult, header: string, names: string[], line: string): void {
  const found = response.headers.get(header);
  const listed = (found ?? '').split(',').map((item) => item.trim().toLowerCase());
  const missing = names.filter((name) => !listed.includes(name.toLowerCase()));
  if (missing.length === 0) return;
  const what = `${header} with ${missing.join(', ')}`;
  throw differenceIn({ response }, { what, line, found: `${found}` });
}
