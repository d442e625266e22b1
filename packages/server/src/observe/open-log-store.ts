/**
 * Opens the log store: its catalogue in the SQL store, its segments in a folder with one folder
 * for each group. Folders of groups that no longer exist (a server died while it deleted one) are
 * removed; a timer of its own removes what retention has expired.
 */
import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { Store } from '../store/store.ts';
import { removeGroupFolder } from './log-store/group-segments.ts';
import { openLogCatalogue } from './log-store/log-catalogue.ts';
import type { LogStore } from './log-store/log-store.ts';
import { SearchClient } from './log-store/search-client.ts';
import { SegmentLogStore } from './log-store/segment-log-store.ts';

export interface LogStoreDeps {
  readonly store: Store;
  /** Where the segments go; made where it does not exist. */
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Smaller in tests. */
  readonly segmentBytes?: number;
}

export async function openLogStore(deps: LogStoreDeps): Promise<LogStore> {
  await mkdir(deps.folder, { recursive: true, mode: 0o700 });
  const catalogue = await openLogCatalogue(deps);
  const known = new Set(catalogue.groups.map((group) => String(group.id)));
  for (const name of await readdir(deps.folder)) {
    if (/^\d+$/.test(name) && !known.has(name))
      await removeGroupFolder(path.join(deps.folder, name));
  }
  const store = new SegmentLogStore(deps, catalogue, new SearchClient());
  store.startSweeping();
  return store;
}
