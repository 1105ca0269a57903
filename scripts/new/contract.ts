// The new resource's part of openapi.yaml.
import { type Field, formatExample, formatProperty } from './fields.ts';
import { lowerFirst, type Names, upperFirst, withArticle } from './names.ts';

/** A text to add to openapi.yaml, at the end of the list or map at a path. */
export interface Addition {
  path: string[];
  text: string;
}

export function generateContract(names: Names, fields: Field[]): Addition[] {
  return [
    { path: ['tags'], text: tag(names) },
    { path: ['paths'], text: `\n${collection(names)}\n${item(names)}` },
    { path: ['components', 'parameters'], text: parameter(names) },
    { path: ['components', 'schemas'], text: `\n${schemas(names, fields)}` },
    { path: ['components', 'examples'], text: examples(names, fields) },
  ];
}

function tag({ path, words }: Names): string {
  return `\
  - name: ${path}
    description: ${upperFirst(words.many)} of the user
`;
}

function collection({ path, id, one, many, variable, words }: Names): string {
  return `\
  /${path}:
    get:
      operationId: list${many}
      tags: [${path}]
      summary: List ${words.many}
      description: |
        Returns a page of the user's ${words.many}, the oldest first. \`Link: <…>; rel="next"\` (RFC 8288) is
        the next page; the last page has no \`Link\`.
      parameters:
        - name: limit
          in: query
          description: The maximum number of ${words.many} in a page.
          schema: { type: integer, format: int32, minimum: 1, maximum: 100, default: 20 }
          example: 20
        - name: cursor
          in: query
          description: Where the page starts, taken from the \`Link\` of the page before.
          schema: { $ref: "#/components/schemas/Id" }
      responses:
        "200":
          description: A page of ${words.many}.
          headers:
            X-Request-Id: { $ref: "#/components/headers/X-Request-Id" }
            Cache-Control: { $ref: "#/components/headers/Cache-Control" }
            Link:
              description: The next page (RFC 8288), if there is one.
              schema: { type: string, maxLength: 200, pattern: '^</${path}\\?[!-;=?-~]+>; rel="next"$' }
              example: </${path}?limit=20&cursor=${ID}>; rel="next"
          content:
            application/json:
              schema:
                type: array
                maxItems: 100
                items: { $ref: "#/components/schemas/${one}" }
              examples:
                ${lowerFirst(many)}: { $ref: "#/components/examples/${many}" }
${errorResponses(401)}
    post:
      operationId: create${one}
      tags: [${path}]
      summary: Create ${withArticle(words.one)}
      description: Creates ${withArticle(words.one)} that only the user can see.
${requestBody(one)}
      responses:
        "201":
          description: The ${words.one} was created.
          headers:
            X-Request-Id: { $ref: "#/components/headers/X-Request-Id" }
            Cache-Control: { $ref: "#/components/headers/Cache-Control" }
            Location:
              description: The URL of the new ${words.one}, relative to the service.
              required: true
              schema: { type: string, format: uri-reference, minLength: 1, maxLength: 200 }
              example: /${path}/${ID}
          content:
            application/json:
              schema: { $ref: "#/components/schemas/${one}" }
              examples:
                ${variable}: { $ref: "#/components/examples/${one}" }
          links:
            get${one}: { operationId: get${one}, parameters: { ${id}: $response.body#/id } }
            replace${one}: { operationId: replace${one}, parameters: { ${id}: $response.body#/id } }
            delete${one}: { operationId: delete${one}, parameters: { ${id}: $response.body#/id } }
${errorResponses(401, 413, 415)}
`;
}

function requestBody(one: string): string {
  return `\
      requestBody:
        required: true
        content:
          application/json:
            schema: { $ref: "#/components/schemas/New${one}" }
            examples:
              new${one}: { $ref: "#/components/examples/New${one}" }`;
}

function item({ path, id, one, variable, words }: Names): string {
  const found = `\
        "200":
          description: The current ${words.one}.
          headers:
            X-Request-Id: { $ref: "#/components/headers/X-Request-Id" }
            Cache-Control: { $ref: "#/components/headers/Cache-Control" }
          content:
            application/json:
              schema: { $ref: "#/components/schemas/${one}" }
              examples:
                ${variable}: { $ref: "#/components/examples/${one}" }`;
  return `\
  /${path}/{${id}}:
    parameters:
      - $ref: "#/components/parameters/${one}Id"
    get:
      operationId: get${one}
      tags: [${path}]
      summary: Get ${withArticle(words.one)}
      description: Returns one of the user's ${words.many}.
      responses:
${found}
${errorResponses(401, 404)}
    put:
      operationId: replace${one}
      tags: [${path}]
      summary: Replace ${withArticle(words.one)}
      description: Replaces all fields. A field that the body leaves out gets its default.
${requestBody(one)}
      responses:
${found}
${errorResponses(401, 404, 413, 415)}
    delete:
      operationId: delete${one}
      tags: [${path}]
      summary: Delete ${withArticle(words.one)}
      description: Deletes one of the user's ${words.many}.
      responses:
        "204": { $ref: "#/components/responses/NoContent" }
${errorResponses(401, 404)}
`;
}

/** All error responses. Every operation that reads the database has those that `errorResponses` lists first. */
const RESPONSES: Record<number, string> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  413: 'ContentTooLarge',
  415: 'UnsupportedMediaType',
  500: 'InternalServerError',
  503: 'ServiceUnavailable',
};

function errorResponses(...some: number[]): string {
  return [400, 405, 406, 500, 503, ...some]
    .sort()
    .map((status) => `        "${status}": { $ref: "#/components/responses/${RESPONSES[status]}" }`)
    .join('\n');
}

function parameter({ id, one, words }: Names): string {
  return `\
    ${one}Id:
      name: ${id}
      in: path
      required: true
      description: ${upperFirst(withArticle(words.one))}'s \`id\`.
      schema: { $ref: "#/components/schemas/Id" }
      example: ${ID}
`;
}

function schemas({ one }: Names, fields: Field[]): string {
  const lines = (isRequest: boolean) =>
    fields.map((field) => `        ${formatProperty(field, isRequest)}\n`).join('');
  const all = ['id', ...fields.map(({ name }) => name), 'created_at', 'updated_at'];
  const required = fields.filter(({ isOptional }) => !isOptional).map(({ name }) => name);
  return `\
    ${one}:
      type: object
      additionalProperties: false
      required: [${all.join(', ')}]
      properties:
        id: { $ref: "#/components/schemas/Id" }
${lines(false)}\
        created_at: { type: string, format: date-time, maxLength: 32 }
        updated_at: { type: string, format: date-time, maxLength: 32 }
    New${one}:
      type: object
      additionalProperties: false
      required: [${required.join(', ')}]
      properties:
${lines(true)}`;
}

function examples({ one, many, words }: Names, fields: Field[]): string {
  const lines = (indent: string) =>
    Object.entries(formatExample(fields))
      .map(([name, value]) => `${indent}${name}: ${value}\n`)
      .join('');
  const example = (indent: string) => `\
${lines(indent)}\
${indent}created_at: "2026-11-23T08:00:00.000Z"
${indent}updated_at: "2026-11-23T08:00:00.000Z"
`;
  return `\
    ${one}:
      summary: ${upperFirst(withArticle(words.one))}
      value:
        id: ${ID}
${example('        ')}\
    ${many}:
      summary: A page with one ${words.one}
      value:
        - id: ${ID}
${example('          ')}\
    New${one}:
      summary: A new ${words.one}
      value:
${lines('        ')}`;
}

const ID = '019ab1d0-5c00-7000-8000-000000000001';
