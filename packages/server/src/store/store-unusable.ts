/**
 * The database cannot be used at all: the file is damaged, not ours, not writable, or held by
 * another server. The message is a sentence for the person who started the server: it names the
 * file and what to do.
 */
export class StoreUnusable extends Error {
  override get name(): string {
    return 'StoreUnusable';
  }
}
