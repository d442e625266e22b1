/**
 * Secrets at rest: encrypted and authenticated (AES-256-GCM) with the key of the server's key
 * file, and bound to what they belong to, so that one cannot be put in another's place.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Ids } from '../lib/ids.ts';

export interface SecretBox {
  seal(secret: string, owner: string): string;
  /** Undefined for what this key did not seal for this owner. */
  open(sealed: string, owner: string): string | undefined;
}

export function createSecretBox(key: Uint8Array, ids: Ids): SecretBox {
  return {
    seal(secret, owner) {
      const nonce = Buffer.from(ids.hex(NONCE_BYTES), 'hex');
      const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(Buffer.from(owner));
      const text = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64');
    },
    open(sealed, owner) {
      const bytes = Buffer.from(sealed, 'base64');
      if (bytes.length < HEADER_BYTES) return undefined;
      const tag = bytes.subarray(NONCE_BYTES, HEADER_BYTES);
      const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, NONCE_BYTES))
        .setAAD(Buffer.from(owner))
        .setAuthTag(tag);
      try {
        const text = decipher.update(bytes.subarray(HEADER_BYTES));
        return Buffer.concat([text, decipher.final()]).toString('utf8');
      } catch {
        // The tag does not hold: another key, another owner, or damage.
        return undefined;
      }
    },
  };
}

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const HEADER_BYTES = NONCE_BYTES + 16;
