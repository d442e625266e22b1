/**
 * `Code.Location` of GetFunction: an address of our own that hands out the zip for ten minutes to
 * whoever has it, as AWS's presigned S3 address does. It carries the hash of the code, its expiry
 * and an HMAC over both; the key lives as long as the process.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { CodeStore } from '../../code/code-store.ts';
import type { CodeReference } from '../../core/function-version.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/ids.ts';
import type { RawResponse } from '../../wire/raw-message.ts';

export interface CodeLinks {
  /** An address below `endpoint`. */
  link(endpoint: string, code: CodeReference): string;
  /** Answers requests to such addresses; undefined for any other path. */
  answer(request: {
    readonly method: string;
    readonly path: string;
    readonly query: string;
  }): Promise<RawResponse | undefined>;
}

const PATH = /^\/_hearth\/code\/([0-9a-f]{64})$/;
const PREFIX = '/_hearth/code/';
const LIFETIME_SECONDS = 600;
const KEY_BYTES = 32;

export function createCodeLinks(deps: {
  readonly code: CodeStore;
  readonly clock: Clock;
  readonly ids: Ids;
}): CodeLinks {
  const key = Buffer.from(deps.ids.hex(KEY_BYTES), 'hex');
  const sign = (text: string): Buffer => createHmac('sha256', key).update(text).digest();
  const isValid = (hex: string, size: string, expires: string, token: string): boolean => {
    const expected = sign(`${hex} ${size} ${expires}`);
    const given = Buffer.from(token, 'hex');
    const isOurs = given.length === expected.length && timingSafeEqual(given, expected);
    return isOurs && Number(expires) * 1000 > deps.clock.nowMs();
  };
  return {
    link: (endpoint, { sha256, sizeBytes }) => {
      const hex = Buffer.from(sha256, 'base64').toString('hex');
      const expires = Math.ceil(deps.clock.nowMs() / 1000) + LIFETIME_SECONDS;
      const token = sign(`${hex} ${sizeBytes} ${expires}`).toString('hex');
      return `${endpoint}${PREFIX}${hex}?size=${sizeBytes}&expires=${expires}&token=${token}`;
    },
    answer: async ({ method, path, query }) => {
      if (!path.startsWith(PREFIX)) return undefined;
      const hex = PATH.exec(path)?.[1] ?? '';
      const asked = new URLSearchParams(query);
      const [size, expires, token] = ['size', 'expires', 'token'].map(
        (name) => asked.get(name) ?? '',
      );
      if (size === undefined || expires === undefined || token === undefined) return refused();
      if (method !== 'GET' || !isValid(hex, size, expires, token)) return refused();
      const sha256 = Buffer.from(hex, 'hex').toString('base64');
      const zip = await deps.code.zip({ sha256, sizeBytes: Number(size) });
      return { status: 200, headers: { 'content-type': 'application/zip' }, body: zip };
    },
  };
}

function refused(): RawResponse {
  const body = Buffer.from(
    'This address is not valid, or not any more. GetFunction gives a new one.\n',
  );
  return { status: 403, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
}
