// The JSON Schemas of the Fastify peers: the same rules as openapi.yaml has.
const todo = {
  type: 'object',
  additionalProperties: false,
  required: ['id', 'title', 'description', 'done', 'created_at', 'updated_at'],
  properties: {
    id: { type: 'string', format: 'uuid' },
    title: { type: 'string' },
    description: { type: 'string' },
    done: { type: 'boolean' },
    created_at: { type: 'string', format: 'date-time' },
    updated_at: { type: 'string', format: 'date-time' },
  },
};

export const listTodosSchema = {
  querystring: {
    type: 'object',
    additionalProperties: false,
    properties: {
      done: { type: 'boolean' },
      q: { type: 'string', minLength: 1, maxLength: 200, pattern: '^[^\\x00\\x1F]+$' },
      sort: {
        type: 'string',
        enum: ['created_at', '-created_at', 'updated_at', '-updated_at'],
        default: 'created_at',
      },
      limit: { type: 'integer', minimum: 1, maximum: 100, default: 20 },
      cursor: { type: 'string', minLength: 1, maxLength: 512, pattern: '^[A-Za-z0-9_-]+$' },
    },
  },
  response: { 200: { type: 'array', maxItems: 100, items: todo } },
};

export const getTodoSchema = {
  params: {
    type: 'object',
    required: ['todo_id'],
    properties: { todo_id: { type: 'string', format: 'uuid', minLength: 36, maxLength: 36 } },
  },
  response: { 200: todo },
};

export const createTodoSchema = {
  body: {
    type: 'object',
    additionalProperties: false,
    required: ['title'],
    properties: {
      title: {
        type: 'string',
        minLength: 1,
        maxLength: 200,
        pattern: '^[^\\x00]*[^\\s\\x00][^\\x00]*$',
      },
      description: { type: 'string', default: '', maxLength: 2000, pattern: '^[^\\x00]*$' },
      done: { type: 'boolean', default: false },
    },
  },
  response: { 201: todo },
};

export const refreshSchema = {
  body: {
    type: 'object',
    additionalProperties: false,
    required: ['refresh_token'],
    properties: {
      refresh_token: { type: 'string', minLength: 1, maxLength: 512, pattern: '^[^\\x00]*$' },
    },
  },
  response: {
    200: {
      type: 'object',
      additionalProperties: false,
      required: ['access_token', 'refresh_token'],
      properties: {
        access_token: { type: 'string' },
        refresh_token: { type: 'string' },
      },
    },
  },
};
