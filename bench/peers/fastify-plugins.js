// Fastify with a log, metrics, security headers, CORS and load shedding.
import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import underPressure from '@fastify/under-pressure';
import Fastify from 'fastify';
import fastifyMetrics from 'fastify-metrics';
import { serveTodos } from './fastify-app.js';

const app = Fastify({ logger: { level: process.env.LOG_LEVEL } });
await app.register(underPressure, { maxEventLoopDelay: 1000 });
await app.register(fastifyMetrics, { endpoint: '/metrics' });
await app.register(helmet);
await app.register(cors, { origin: /^http:\/\/localhost(:\d+)?$/ });
await serveTodos(app);
