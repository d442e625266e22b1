/**
 * What the store's threads are asked and what they answer. Structured clones, so plain data only.
 * Each message is of several of these: a message costs more than most requests that are in it.
 */
import type { RecordPlace } from './journal/record.ts';
import type { PackedStatement } from './packed-bytes.ts';
import type { Migration, SqlValue, Statement } from './store.ts';

export type ThreadRequest =
  | { readonly id: number; readonly kind: 'write'; readonly statements: readonly Statement[] }
  | {
      readonly id: number;
      readonly kind: 'migrate';
      readonly room: string;
      readonly migrations: readonly Migration[];
    }
  | {
      readonly id: number;
      readonly kind: 'read';
      readonly sql: string;
      readonly params: readonly SqlValue[];
    }
  | {
      readonly id: number;
      readonly kind: 'apply';
      /** Of records of the journal, in order, and the place of the last. */
      readonly payloads: readonly Uint8Array[];
      readonly last: RecordPlace;
    }
  /** Closes the database; the last request of a thread. */
  | { readonly id: number; readonly kind: 'close' };

/** Requests on their way to a thread: the bytes of all their writes lie together. */
export interface ThreadMessage {
  readonly requests: readonly PackedRequest[];
  readonly bytes: ArrayBuffer | undefined;
}

export type PackedRequest =
  | Exclude<ThreadRequest, { kind: 'write' }>
  | {
      readonly id: number;
      readonly kind: 'write';
      readonly statements: readonly PackedStatement[];
    };

export type ThreadReply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly failure: ThreadFailure };

/** What a read answers: the names once, since a clone of a thousand objects has each of them a thousand times. */
export interface ReadRows {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

/** An error on its way between threads: a clone of an `Error` would lose its class and fields. */
export interface ThreadFailure {
  readonly name: string;
  readonly message: string;
  readonly sqliteCode: number;
}

/** The id of the one reply that a thread sends unasked: that its database is open (or not). */
export const OPENED = 0;
