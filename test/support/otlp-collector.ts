// Something that takes OpenTelemetry traces (OTLP over HTTP, protobuf) and reads them by the numbers
// of opentelemetry-proto's trace.proto: nothing of the sender's own.
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Span {
  traceId: string;
  spanId: string;
  /** Empty where it is the first of its trace. */
  parentSpanId: string;
  traceState: string;
  name: string;
  /** 2 is a server's, 3 a client's. */
  kind: number;
  /** Nanoseconds since 1970. */
  start: bigint;
  end: bigint;
  attributes: Record<string, unknown>;
  /** 2 is an error. */
  status: number;
  /** Of the service. */
  resource: Record<string, unknown>;
}

/** Collects until it is disposed of. */
export async function startCollector(status = 200) {
  const requests: { path: string; headers: IncomingHttpHeaders; body: Buffer }[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { url: path = '', headers } = request;
    requests.push({ path, headers, body: Buffer.concat(chunks) });
    response.writeHead(status).end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo; // it listens on a port
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    spans: (): Span[] => requests.flatMap(({ body }) => spansOf(body)),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

type Field = bigint | Buffer;
type Message = Map<number, Field[]>;

/** A message in protobuf's wire format, by the numbers of its fields. */
function read(bytes: Buffer): Message {
  const message: Message = new Map();
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++] ?? 0;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  const block = (length: number) => {
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const [number, type] = [tag >> 3, tag & 7];
    if (![0, 1, 2, 5].includes(type)) throw new Error(`wire type ${type} at ${at}`);
    const value =
      type === 0
        ? varint()
        : type === 1
          ? block(8).readBigUInt64LE()
          : block(type === 5 ? 4 : Number(varint()));
    message.set(number, [...(message.get(number) ?? []), value]);
  }
  return message;
}

function messages(message: Message | undefined, number: number): Message[] {
  return (message?.get(number) ?? []).map((field) => read(bytesOf(field)));
}

function bytesOf(field: Field | undefined): Buffer {
  return field instanceof Buffer ? field : Buffer.alloc(0);
}

function text(message: Message, number: number): string {
  return bytesOf(message.get(number)?.[0]).toString();
}

function hex(message: Message, number: number): string {
  return bytesOf(message.get(number)?.[0]).toString('hex');
}

function integer(message: Message | undefined, number: number): bigint {
  const field = message?.get(number)?.[0];
  return typeof field === 'bigint' ? field : 0n;
}

function attributesOf(message: Message | undefined, number: number): Record<string, unknown> {
  return Object.fromEntries(
    messages(message, number).map((pair) => {
      const [value = new Map<number, Field[]>()] = messages(pair, 2);
      const [kind = 0] = value.keys();
      if (kind !== 1 && kind !== 3) throw new Error(`${text(pair, 1)} is of kind ${kind}`);
      return [text(pair, 1), kind === 1 ? text(value, 1) : Number(integer(value, 3))];
    }),
  );
}

function spansOf(body: Buffer): Span[] {
  return messages(read(body), 1).flatMap((ofResource) => {
    const resource = attributesOf(messages(ofResource, 1)[0], 1);
    return messages(ofResource, 2).flatMap((ofScope) =>
      messages(ofScope, 2).map((span) => ({
        traceId: hex(span, 1),
        spanId: hex(span, 2),
        traceState: text(span, 3),
        parentSpanId: hex(span, 4),
        name: text(span, 5),
        kind: Number(integer(span, 6)),
        start: integer(span, 7),
        end: integer(span, 8),
        attributes: attributesOf(span, 9),
        status: Number(integer(messages(span, 15)[0], 3)),
        resource,
      })),
    );
  });
}
