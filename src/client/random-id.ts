/** 128 random bits. (`crypto.randomUUID` is missing on pages that are served over plain `http`.) */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
