// Parameters in a request, and which values they can carry.
import { type Parameter, resolve, type Schema } from '../document.ts';
import type { Sent } from '../requests.ts';
import { type Sendable, typesOf } from '../values.ts';

type Place = Pick<Parameter, 'in' | 'name'>;

/** The request with another value of a parameter; with none, for undefined. */
export function requestWith(request: Sent, { in: place, name }: Place, value?: string): Sent {
  if (place === 'header') {
    const others = Object.entries(request.headers).filter(([one]) => one !== name);
    const headers = Object.fromEntries(value === undefined ? others : [...others, [name, value]]);
    return { ...request, headers };
  }
  const [pathname = '', search = ''] = request.path.split('?');
  if (place === 'path') {
    const index = request.template.split('/').indexOf(`{${name}}`);
    const steps = pathname.split('/').with(index, encodeURIComponent(value ?? ''));
    return { ...request, path: steps.join('/') + (search && `?${search}`) };
  }
  const query = new URLSearchParams(search);
  query.delete(name);
  if (value !== undefined) query.set(name, value);
  return { ...request, path: query.size > 0 ? `${pathname}?${query}` : pathname };
}

/** Whether a parameter can carry a value: in a request, all values are texts. */
export function isSendableAs({ in: place, schema = {} }: Parameter): Sendable {
  const isText = typesOf(resolve<Schema>(schema)).includes('string') || 'enum' in resolve(schema);
  return (value) => {
    if (typeof value === 'object' || value === undefined) return false;
    if (isText && typeof value !== 'string') return false;
    const text = String(value);
    if (place === 'path') return text !== '' && !text.startsWith('.');
    return place !== 'header' || isHeaderText(text);
  };
}

function isHeaderText(text: string): boolean {
  return /^[\x20-\x7e\xa0-\xff]*$/.test(text) && text === text.trim();
}
