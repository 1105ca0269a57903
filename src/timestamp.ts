const DAY_MS = 86_400_000;

/** The day that was formatted last, which is mostly the next one too. */
let lastDay = Number.NaN;
let lastDate = '';

/**
 * An instant as RFC 3339 has it, in UTC: what `Date.prototype.toISOString` returns, ten times faster.
 * A page of todos has up to 200 of them.
 * @param instant milliseconds since 1970
 */
export function formatTimestamp(instant: number): string {
  const day = Math.floor(instant / DAY_MS);
  if (day !== lastDay) {
    lastDate = new Date(instant).toISOString().slice(0, 'yyyy-mm-dd'.length);
    lastDay = day;
  }
  const time = instant - day * DAY_MS;
  const hours = digits(Math.floor(time / 3_600_000), 2);
  const minutes = digits(Math.floor(time / 60_000) % 60, 2);
  const seconds = digits(Math.floor(time / 1000) % 60, 2);
  return `${lastDate}T${hours}:${minutes}:${seconds}.${digits(time % 1000, 3)}Z`;
}

function digits(value: number, length: number): string {
  return String(value).padStart(length, '0');
}
