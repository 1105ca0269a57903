/** Decodes UTF-8 or UTF-16 (which editors on Windows write), without the byte order mark. */
export function decodeText(bytes: Uint8Array): string {
  const mark = Buffer.from(bytes.subarray(0, 2)).toString('hex');
  if (mark === 'fffe') return new TextDecoder('utf-16le').decode(bytes);
  if (mark === 'feff') return new TextDecoder('utf-16be').decode(bytes);
  return new TextDecoder().decode(bytes);
}
