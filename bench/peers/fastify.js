// Fastify without plugins other than @fastify/jwt. It writes no log.
import Fastify from 'fastify';
import { serveTodos } from './fastify-app.js';

await serveTodos(Fastify());
