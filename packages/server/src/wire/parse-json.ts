/**
 * JSON of a request body. Refuses what is not UTF-8, what is not JSON, and what is nested deeper
 * than any input of AWS, before anything that recurses sees it.
 */
import { serializationError } from './serialization-error.ts';

/** The parser in front of AWS's services refuses more than this; ours would survive more. */
const DEEPEST_NESTING = 1_000;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** An empty body is an empty object, as on AWS. */
export function parseJsonObject(body: Uint8Array): Readonly<Record<string, unknown>> {
  if (body.byteLength === 0) return {};
  const value = parseJson(body);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw serializationError('Unexpected value type in payload');
  }
  return value as Readonly<Record<string, unknown>>;
}

function parseJson(body: Uint8Array): unknown {
  refuseDeepNesting(body);
  try {
    return JSON.parse(decoder.decode(body)) as unknown;
  } catch (error) {
    throw serializationError('Could not parse request body into json.', error);
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** One pass over the bytes; strings, which may hold megabytes of base64, are jumped over. */
function refuseDeepNesting(body: Uint8Array): void {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  let depth = 0;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index];
    if (byte === QUOTE) index = endOfString(bytes, index);
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth -= 1;
    if (depth > DEEPEST_NESTING) {
      throw serializationError(`Document nesting depth exceeds ${DEEPEST_NESTING}.`);
    }
  }
}

function endOfString(bytes: Buffer, start: number): number {
  let quote = bytes.indexOf(QUOTE, start + 1);
  while (quote !== -1) {
    let first = quote;
    while (bytes[first - 1] === BACKSLASH) first -= 1;
    // An even number of backslashes are escaped backslashes: the quote ends the string.
    if ((quote - first) % 2 === 0) return quote;
    quote = bytes.indexOf(QUOTE, quote + 1);
  }
  return bytes.length;
}
