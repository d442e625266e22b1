/** Timestamps on the wire, in the three formats of AWS's protocols. */
import type { TimestampFormat } from './shape.ts';

export function formatTimestamp(value: unknown, format: TimestampFormat): string {
  const date = value instanceof Date ? value : new Date(Number(value) * 1_000);
  switch (format) {
    case 'date-time':
      // AWS leaves milliseconds out where they are zero.
      return date.toISOString().replace('.000Z', 'Z');
    case 'http-date':
      return date.toUTCString();
    case 'epoch-seconds':
      return String(date.getTime() / 1_000);
  }
}

/** Undefined where the text is no timestamp of any of the three formats. */
export function parseTimestamp(value: unknown): Date | undefined {
  const date = typeof value === 'number' ? new Date(value * 1_000) : parseText(String(value));
  return Number.isNaN(date.getTime()) ? undefined : date;
}

const seconds = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;
const dateTime = /^\d{4}-\d\d-\d\d([tT ]\d\d:\d\d(:\d\d(\.\d+)?)?([zZ]|[+-]\d\d:?\d\d)?)?$/;
const httpDate = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d(\.\d+)? GMT$/;

function parseText(text: string): Date {
  if (seconds.test(text)) return new Date(Number(text) * 1_000);
  return new Date(dateTime.test(text) || httpDate.test(text) ? text : Number.NaN);
}
