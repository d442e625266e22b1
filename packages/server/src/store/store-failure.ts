/**
 * A statement or a commit that SQLite refused: broken constraint, full disk, input/output error.
 * Nothing of the batch was kept. The message is SQLite's own.
 */
export class StoreFailure extends Error {
  /** SQLite's extended result code (2067 is UNIQUE, 787 FOREIGN KEY, 13 a full disk); 0 if none. */
  readonly sqliteCode: number;

  constructor(message: string, sqliteCode: number) {
    super(message);
    this.sqliteCode = sqliteCode;
  }

  override get name(): string {
    return 'StoreFailure';
  }

  /** A row with the same unique key is there already. */
  get isDuplicate(): boolean {
    return this.sqliteCode === UNIQUE || this.sqliteCode === PRIMARY_KEY;
  }

  /** A row names another one that is not there. */
  get isOrphan(): boolean {
    return this.sqliteCode === FOREIGN_KEY;
  }
}

const UNIQUE = 2067;
const PRIMARY_KEY = 1555;
const FOREIGN_KEY = 787;
