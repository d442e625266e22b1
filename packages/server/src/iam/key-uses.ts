/**
 * When each access key was last used, and for what. Known exactly in memory; written at most every
 * quarter of an hour for a key, because a request must not wait for it (AWS's own figure is late
 * as well).
 */
import type { Logger } from '../lib/logger.ts';
import type { RecordTable } from './record-table.ts';
import type { Serial } from './serial.ts';

export interface KeyUse {
  readonly atMs: number;
  readonly service: string;
  readonly region: string;
}

export interface KeyUses {
  note(accessKeyId: string, use: KeyUse): void;
  last(accessKeyId: string): KeyUse | undefined;
}

export function createKeyUses(table: RecordTable<KeyUse>, serial: Serial, logger: Logger): KeyUses {
  const newest = new Map<string, KeyUse>();
  const write = async (id: string, use: KeyUse): Promise<void> => {
    try {
      await serial(() => table.put(id, use));
    } catch (error) {
      logger.error('iam.key-use-not-written', { accessKeyId: id, error: String(error) });
    }
  };
  return {
    note(id, use) {
      const before = newest.get(id) ?? table.get(id);
      newest.set(id, use);
      const written = table.get(id)?.atMs ?? 0;
      if (before !== undefined && use.atMs - written < WRITE_EVERY_MS) return;
      void write(id, use);
    },
    last: (id) => newest.get(id) ?? table.get(id),
  };
}

const WRITE_EVERY_MS = 15 * 60 * 1000;
