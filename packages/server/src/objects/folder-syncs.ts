/**
 * Makes names in a folder durable, one fsync for all that ask while another one runs: a sync that
 * has begun before a name was made does not count for it.
 */
export interface FolderSyncs {
  sync(folder: string): Promise<void>;
}

export function createFolderSyncs(syncFolder: (folder: string) => Promise<void>): FolderSyncs {
  const running = new Map<string, Promise<void>>();
  const next = new Map<string, Promise<void>>();
  const start = (folder: string): Promise<void> => {
    const work = syncFolder(folder).finally(() => {
      if (running.get(folder) === work) running.delete(folder);
    });
    running.set(folder, work);
    return work;
  };
  return {
    sync(folder) {
      const waiting = next.get(folder);
      if (waiting !== undefined) return waiting;
      const current = running.get(folder);
      if (current === undefined) return start(folder);
      const later = current
        .catch(() => {})
        .then(() => {
          next.delete(folder);
          return start(folder);
        });
      next.set(folder, later);
      return later;
    },
  };
}
