/** The type of an error as its runtime names it: in the header, or else in the JSON body. */
import type { IncomingHttpHeaders } from 'node:http';

/** Bodies beyond this are not searched; the header is what AWS's own runtimes send. */
const PARSED_BYTES = 262_144;

export function reportedErrorType(headers: IncomingHttpHeaders, payload: Uint8Array): string {
  const header = headers['lambda-runtime-function-error-type'];
  if (typeof header === 'string' && header !== '') return header;
  if (payload.length <= PARSED_BYTES) {
    try {
      const body: unknown = JSON.parse(Buffer.from(payload).toString('utf8'));
      if (typeof body === 'object' && body !== null && 'errorType' in body) {
        if (typeof body.errorType === 'string') return body.errorType;
      }
    } catch {
      // A runtime may report any bytes; then the type is not known.
    }
  }
  return 'Runtime.Unknown';
}
