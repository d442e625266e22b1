import { randomBytes, randomUUID } from 'node:crypto';

/** Identifiers as a dependency, so that tests are exact. */
export interface Ids {
  /** A version-4 UUID, lower case. */
  uuid(): string;
  /** `bytes` random bytes as lower-case hex. */
  hex(bytes: number): string;
}

export const randomIds: Ids = {
  uuid: () => randomUUID(),
  hex: (bytes) => randomBytes(bytes).toString('hex'),
};
