/**
 * Batches of statements as bytes. What is written of them names each SQL text once and has everything that is
 * needed to run them again, on its own: no other bytes have to be read before.
 *
 *     item  = text | run | end
 *     text  = 1, length, UTF-8            the next number, counted from 0
 *     run   = 2, number of the text, count of values, values
 *     end   = 3                           of a batch: all of it happens or nothing
 *     value = 0 | 1, double | 2, int64 | 3, length, UTF-8 | 4, length, bytes | 5
 *
 * 5 stands for the checksum of the values before it in its row.
 */
import { invariant } from '../../lib/invariant.ts';
import { CHECKSUM, rowChecksum } from '../row-checksum.ts';
import type { AppendedStatement, AppendedValue, SqlValue, Statement } from '../store.ts';
import { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';

const TEXT = 1;
const RUN = 2;
const END = 3;

const NULL = 0;
const NUMBER = 1;
const INTEGER = 2;
const STRING = 3;
const BYTES = 4;
const CHECKSUM_BEFORE = 5;

/** Of one row; SQLite itself would take more. */
const MOST_VALUES = 255;

export class BatchEncoder {
  readonly #out: ByteWriter;
  readonly #texts = new Map<string, number>();

  constructor(out: ByteWriter) {
    this.#out = out;
  }

  /** What follows can be read without what came before. */
  reset(): void {
    this.#texts.clear();
  }

  add(statements: readonly AppendedStatement[]): void {
    for (const { sql, params = [], rows } of statements) {
      const text = this.#textOf(sql);
      if (rows === undefined) this.#run(text, params);
      else for (const row of rows) this.#run(text, row);
    }
    this.#out.byte(END);
  }

  #textOf(sql: string): number {
    const known = this.#texts.get(sql);
    if (known !== undefined) return known;
    const number = this.#texts.size;
    invariant(number <= MOST_VALUES, 'a record has few texts');
    this.#texts.set(sql, number);
    this.#out.byte(TEXT);
    this.#out.text(sql);
    return number;
  }

  #run(text: number, values: readonly AppendedValue[]): void {
    const out = this.#out;
    invariant(values.length <= MOST_VALUES, 'a row has few values');
    out.byte(RUN);
    out.byte(text);
    out.byte(values.length);
    for (const value of values) {
      if (typeof value === 'number') {
        out.byte(NUMBER);
        out.number(value);
      } else if (typeof value === 'string') {
        out.byte(STRING);
        out.text(value);
      } else if (value === null) {
        out.byte(NULL);
      } else if (value === CHECKSUM) {
        out.byte(CHECKSUM_BEFORE);
      } else if (typeof value === 'bigint') {
        out.byte(INTEGER);
        out.integer(value);
      } else {
        out.byte(BYTES);
        out.bytes(value);
      }
    }
  }
}

/** The batches of a payload. Its checksum has been verified: what is not as above is a defect. */
export function* decodeBatches(payload: Buffer): Generator<readonly Statement[]> {
  const reader = new ByteReader(payload);
  const texts: string[] = [];
  let batch: Statement[] = [];
  while (!reader.isAtEnd) {
    const item = reader.byte();
    if (item === END) {
      yield batch;
      batch = [];
    } else if (item === TEXT) {
      texts.push(reader.text());
    } else if (item === RUN) {
      const sql = texts[reader.byte()];
      invariant(sql !== undefined, 'a text comes before it is used');
      batch.push({ sql, params: readValues(reader) });
    } else {
      throw new Error(`There is no item ${item}.`);
    }
  }
}

function readValues(reader: ByteReader): readonly SqlValue[] {
  const values: SqlValue[] = [];
  for (let left = reader.byte(); left > 0; left -= 1) {
    const kind = reader.byte();
    values.push(kind === CHECKSUM_BEFORE ? rowChecksum(values) : readValue(reader, kind));
  }
  return values;
}

function readValue(reader: ByteReader, kind: number): SqlValue {
  switch (kind) {
    case NULL:
      return null;
    case NUMBER:
      return reader.number();
    case INTEGER:
      return reader.integer();
    case STRING:
      return reader.text();
    case BYTES:
      return reader.bytes();
    default:
      throw new Error(`There is no kind ${kind} of value.`);
  }
}
