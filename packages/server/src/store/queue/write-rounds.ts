/**
 * The changes of one turn of the event loop as one write: their callers share a message to the
 * store's thread, a transaction and its sync, and statements with the same text are one. Where such a
 * round fails, each change is tried alone, so that one caller's fault is never another's.
 *
 * Statements change places where they become one, so an entry is in a round once: its next change
 * begins the next round, which is written after this one.
 */
import type { SqlValue, Statement, Store } from '../store.ts';

interface Change {
  readonly statements: readonly Statement[];
  readonly done: PromiseWithResolvers<void>;
}

export class WriteRounds {
  readonly #store: Pick<Store, 'write'>;
  #changes: Change[] = [];
  /** Sequence numbers of the entries that the round changes. */
  readonly #changed = new Set<number>();

  constructor(store: Pick<Store, 'write'>) {
    this.#store = store;
  }

  /** Of these entries. Resolves when it is durable: all of the statements or none. */
  write(
    statements: readonly Statement[],
    entries: readonly { readonly sequence: number }[],
  ): Promise<void> {
    if (entries.some(({ sequence }) => this.#changed.has(sequence))) void this.#perform();
    for (const { sequence } of entries) this.#changed.add(sequence);
    const done = Promise.withResolvers<void>();
    this.#changes.push({ statements, done });
    // Behind all sockets that have something to read now, not only behind this one's callbacks.
    if (this.#changes.length === 1) setImmediate(() => void this.#perform());
    return done.promise;
  }

  async #perform(): Promise<void> {
    const changes = this.#changes;
    this.#changes = [];
    this.#changed.clear();
    if (changes.length === 0) return;
    try {
      await this.#store.write(merged(changes.flatMap(({ statements }) => statements)));
      for (const { done } of changes) done.resolve();
    } catch (error) {
      if (changes.length === 1) changes[0]?.done.reject(error);
      else for (const change of changes) this.#performAlone(change);
    }
  }

  #performAlone({ statements, done }: Change): void {
    this.#store.write(statements).then(() => done.resolve(), done.reject);
  }
}

/** One statement for each text, with the rows of all. */
function merged(statements: readonly Statement[]): readonly Statement[] {
  const byText = new Map<string, { statement: Statement; rows: (readonly SqlValue[])[] }>();
  for (const statement of statements) {
    const { params = [], rows = [params] } = statement;
    const same = byText.get(statement.sql);
    if (same === undefined) byText.set(statement.sql, { statement, rows: [...rows] });
    else same.rows.push(...rows);
  }
  return [...byText.values()].map(({ statement: { sql, expectChanges }, rows }) => ({
    sql,
    rows,
    ...(expectChanges === undefined ? {} : { expectChanges }),
  }));
}
