// A request with an example of the document is accepted.
import { lineOf, type Operation, type Parameter, resolve } from '../document.ts';
import { hasOwnBody } from '../own-requests.ts';
import { goodRequest, raw } from '../requests.ts';
import { isJsonType } from '../validate.ts';
import { isAccepted } from './answer.ts';
import { derive } from './derive.ts';
import { requestWith } from './parameters.ts';

interface Sample {
  name: string;
  value: unknown;
  line: string;
}

export function describeExamples(operation: Operation): void {
  const { operationId, requestBody } = operation;
  derive('accepted:', 'a request that the schemas allow', async () => {
    const result = await raw(await goodRequest(operationId));
    const line = lineOf(operation.declared, 'responses');
    const isStrict = !hasOwnBody(operationId);
    isAccepted(result, isStrict, { what: 'for a request that the schemas allow', line });
  });

  for (const [type, content] of Object.entries(requestBody?.content ?? {})) {
    if (!isJsonType(type)) continue;
    for (const { name, value, line } of samplesOf(content)) {
      derive('accepted:', `the example ${name} as ${type}`, async () => {
        const request = await goodRequest(operationId);
        const headers = { ...request.headers, 'Content-Type': type };
        const result = await raw({ ...request, headers, body: JSON.stringify(value) });
        isAccepted(result, !hasOwnBody(operationId), { what: `for the example ${name}`, line });
      });
    }
  }

  for (const parameter of operation.parameters) {
    for (const { name, value, line } of samplesOf(parameter)) {
      if (parameter.in === 'cookie') continue;
      derive('accepted:', `the example of ${parameter.name}: ${value}`, async () => {
        const request = await goodRequest(operationId);
        const result = await raw(requestWith(request, parameter, String(value)));
        isAccepted(result, false, { what: `for the example ${name} of ${parameter.name}`, line });
      });
    }
  }
}

function samplesOf(part: Pick<Parameter, 'example' | 'examples'>): Sample[] {
  const { example, examples = {} } = part;
  const named = Object.entries(examples).map(([name, one]) => ({
    name,
    value: resolve(one).value,
    line: lineOf(examples, name),
  }));
  if (example === undefined) return named;
  return [{ name: 'example', value: example, line: lineOf(part, 'example') }, ...named];
}
