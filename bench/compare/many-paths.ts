import { cpSync, mkdtempDisposableSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../scripts/tools.ts';
import { document } from '../../src/http/openapi-document.ts';

const COPIED = ['src', 'scripts', 'generated', 'openapi.yaml', 'package.json'];

/**
 * Copies the project and adds paths to its contract, before the others, with one handler for each.
 * @throws Error when openapi.yaml or src/app.ts has changed so that nothing can be added
 */
export function createProjectWithPaths(pathCount: number): Disposable & { root: string } {
  using created = new DisposableStack(); // removes the copy if the rest fails
  const { path: root } = created.use(mkdtempDisposableSync(join(tmpdir(), 'todos-bench-project-')));
  for (const name of COPIED) cpSync(join(ROOT, name), join(root, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'), 'junction');
  const extraCount = pathCount - Object.keys(document.paths ?? {}).length;
  insertAfter(join(root, 'openapi.yaml'), /^paths:\n/m, extraPaths(extraCount));
  insertAfter(
    join(root, 'src/app.ts'),
    /^ *return \{\n(?= *\.\.\.authHandlers\()/m,
    `...Object.fromEntries(Array.from({ length: ${extraCount} }, (_, number) => [
      \`extra\${number}\`,
      async () => ({ status: 204 }),
    ])),\n`,
  );
  const copy = created.move();
  return { root, [Symbol.dispose]: () => copy.dispose() };
}

function insertAfter(file: string, pattern: RegExp, text: string): void {
  const before = readFileSync(file, 'utf8');
  const after = before.replace(pattern, (match) => match + text);
  if (after === before)
    throw new Error(`${file} has no ${pattern}: adapt bench/compare/many-paths.ts`);
  writeFileSync(file, after);
}

function extraPaths(count: number): string {
  const paths = Array.from(
    { length: count },
    (_, number) => `
  /extra/${number}/{todo_id}:
    parameters:
      - $ref: "#/components/parameters/TodoId"
    get:
      operationId: extra${number}
      tags: [todos]
      summary: One of many
      responses:
        "204": { $ref: "#/components/responses/NoContent" }
        "400": { $ref: "#/components/responses/BadRequest" }
        "401": { $ref: "#/components/responses/Unauthorized" }
        "405": { $ref: "#/components/responses/MethodNotAllowed" }
        "406": { $ref: "#/components/responses/NotAcceptable" }
        "500": { $ref: "#/components/responses/InternalServerError" }
        "503": { $ref: "#/components/responses/ServiceUnavailable" }
`,
  );
  return paths.join('');
}
