import { createHmac, timingSafeEqual } from 'node:crypto';

/** The position of the last item of a page in the order of the list. */
export interface Position {
  /** `created_at` or `updated_at`, in milliseconds. */
  at: number;
  id: string;
}

const MAC_BYTES = 16;

/**
 * Encodes a position as an opaque text with a MAC (HMAC-SHA-256, RFC 2104). So the service accepts only
 * cursors that it has made for the same list: the same user, filters and order.
 */
export function encodeCursor(position: Position, list: string, secret: string): string {
  const text = Buffer.from(JSON.stringify([position.at, position.id]));
  return Buffer.concat([computeMac(text, list, secret), text]).toString('base64url');
}

/** @returns undefined if the service has not made the cursor for this list */
export function decodeCursor(cursor: string, list: string, secret: string): Position | undefined {
  const bytes = Buffer.from(cursor, 'base64url');
  const mac = bytes.subarray(0, MAC_BYTES);
  const text = bytes.subarray(MAC_BYTES);
  if (mac.length < MAC_BYTES || !timingSafeEqual(mac, computeMac(text, list, secret)))
    return undefined;
  if (bytes.toString('base64url') !== cursor) return undefined; // base64url has spare bits
  const [at, id]: [number, string] = JSON.parse(text.toString());
  return { at, id };
}

function computeMac(text: Buffer, list: string, secret: string): Buffer {
  const mac = createHmac('sha256', secret).update(list).update('\0').update(text).digest();
  return mac.subarray(0, MAC_BYTES);
}
