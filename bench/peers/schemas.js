// The JSON Schemas of the Fastify peers, from the contract.
import { readFileSync } from 'node:fs';

const { document } = JSON.parse(readFileSync(process.env.CONTRACT, 'utf8'));
const todo = findSchema('Todo');
const queryParameters = document.paths['/todos'].get.parameters.map(({ name, schema }) => [
  name,
  withoutReferences(schema),
]);

export const listTodosSchema = {
  querystring: {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(queryParameters),
  },
  response: { 200: { type: 'array', maxItems: 100, items: todo } },
};

export const getTodoSchema = {
  params: { type: 'object', required: ['todo_id'], properties: { todo_id: findSchema('Id') } },
  response: { 200: todo },
};

export const createTodoSchema = { body: findSchema('NewTodo'), response: { 201: todo } };

export const refreshSchema = {
  body: findSchema('RefreshRequest'),
  response: { 200: findSchema('TokenPair') },
};

function findSchema(name) {
  return withoutReferences(document.components.schemas[name]);
}

function withoutReferences(schema) {
  return JSON.parse(JSON.stringify(schema), (key, value) => {
    if (key.startsWith('x-')) return undefined; // Fastify rejects keywords that it does not know
    return value?.$ref ? findSchema(value.$ref.split('/').at(-1)) : value;
  });
}
