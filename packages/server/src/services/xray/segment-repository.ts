/**
 * Segment documents in SQL, as they were sent: a later one of the same id takes the place of an
 * earlier one (the complete segment that of the one in progress). A trace keeps what AWS keeps of
 * it, an account a bounded number of bytes, of which the traces that were heard of last remain.
 */
import { TRACE_BYTES } from '../../core/limits.ts';
import type { Migration, Statement, Store } from '../../store/store.ts';
import type { ReadDocument } from './read-document.ts';
import { durationOf, type Segment } from './segment.ts';

/** Append only: what has been released is never edited. */
const migrations: readonly Migration[] = [
  {
    id: 1,
    sql: `
      CREATE TABLE xray_traces (
        account TEXT NOT NULL, region TEXT NOT NULL, trace_id TEXT NOT NULL,
        started_ms INTEGER NOT NULL, ended_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL,
        bytes INTEGER NOT NULL,
        PRIMARY KEY (account, region, trace_id)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX xray_traces_started ON xray_traces (account, region, started_ms);
      CREATE INDEX xray_traces_updated ON xray_traces (updated_ms);
      CREATE TABLE xray_segments (
        account TEXT NOT NULL, region TEXT NOT NULL, trace_id TEXT NOT NULL, id TEXT NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (account, region, trace_id, id)
      ) STRICT, WITHOUT ROWID;
    `,
  },
  // Nothing is looked for by it alone, and every segment would change it.
  { id: 2, sql: 'DROP INDEX xray_traces_updated;' },
];

/** Whose traces. */
export interface TraceOwner {
  readonly account: string;
  readonly region: string;
}

export interface StoredTrace {
  readonly id: string;
  /** When the last of its segments came. */
  readonly updatedMs: number;
  readonly isLimitExceeded: boolean;
  readonly bodies: readonly string[];
}

/** `TraceId`: when it began; `Event`: when it was heard of last; `Service`: when it ended. */
export type TraceTime = 'TraceId' | 'Event' | 'Service';

export interface TraceRange {
  readonly by: TraceTime;
  readonly fromMs: number;
  readonly toMs: number;
  /** Where an earlier page has ended: the latest come first. */
  readonly after?: TracePosition | undefined;
}

export interface TracePosition {
  readonly atMs: number;
  readonly id: string;
}

export interface TracePage {
  readonly traces: readonly StoredTrace[];
  /** Where it has ended, if there may be more. */
  readonly next: TracePosition | undefined;
}

/** What is read for one page, whichever it has first. */
const PAGE_TRACES = 100;
const PAGE_BYTES = 8_388_608;

const columns = { TraceId: 'started_ms', Event: 'updated_ms', Service: 'ended_ms' } as const;

interface TraceRow {
  readonly trace_id: string;
  readonly updated_ms: number;
  readonly bytes: number;
  /** By what they are listed. */
  readonly at_ms: number;
}

type DoomedRow = TraceOwner & Pick<TraceRow, 'trace_id'>;

const FORGOTTEN_AT_ONCE = 200;

interface SegmentRow {
  readonly trace_id: string;
  readonly body: string;
}

export class SegmentRepository {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  static async open(store: Store): Promise<SegmentRepository> {
    await store.migrate('xray', migrations);
    return new SegmentRepository(store);
  }

  /** Resolves when they are durable. */
  async put(owner: TraceOwner, documents: readonly ReadDocument[], nowMs: number): Promise<void> {
    if (documents.length === 0) return;
    await this.#store.write(documents.flatMap((each) => statementsOf(owner, each, nowMs)));
  }

  /** Those of them that there are. */
  async find(owner: TraceOwner, ids: readonly string[]): Promise<readonly StoredTrace[]> {
    const places = ids.map(() => '?').join(', ');
    const rows = await this.#store.read<TraceRow>(
      `SELECT trace_id, updated_ms, bytes, updated_ms AS at_ms FROM xray_traces
       WHERE account = ? AND region = ? AND trace_id IN (${places})`,
      [owner.account, owner.region, ...ids],
    );
    return await this.#withBodies(owner, rows);
  }

  async list(owner: TraceOwner, range: TraceRange): Promise<TracePage> {
    const { by, fromMs, toMs, after = { atMs: toMs + 1, id: '' } } = range;
    const column = columns[by];
    const rows = await this.#store.read<TraceRow>(
      `SELECT trace_id, updated_ms, bytes, ${column} AS at_ms FROM xray_traces
       WHERE account = ? AND region = ? AND ${column} >= ? AND ${column} <= ?
         AND (${column}, trace_id) < (?, ?)
       ORDER BY ${column} DESC, trace_id DESC LIMIT ?`,
      [owner.account, owner.region, fromMs, toMs, after.atMs, after.id, PAGE_TRACES],
    );
    const page = fitting(rows);
    const last = page.at(-1);
    const isWhole = page.length === rows.length && rows.length < PAGE_TRACES;
    const next =
      isWhole || last === undefined ? undefined : { atMs: last.at_ms, id: last.trace_id };
    return { traces: await this.#withBodies(owner, page), next };
  }

  /**
   * Forgets traces that were not heard of since then, and of each account what is too much; a few at a
   * time, so that nobody who writes waits long.
   */
  async expire(olderThanMs: number, accountBytes: number, closing: AbortSignal): Promise<void> {
    const doomed = await this.#store.read<DoomedRow>(
      `SELECT account, region, trace_id FROM (
         SELECT account, region, trace_id, updated_ms, sum(bytes) OVER (
           PARTITION BY account ORDER BY updated_ms DESC, region, trace_id
         ) AS with_later FROM xray_traces
       ) WHERE updated_ms < ? OR with_later > ?`,
      [olderThanMs, accountBytes],
    );
    for (let at = 0; at < doomed.length && !closing.aborted; at += FORGOTTEN_AT_ONCE) {
      const rows = doomed
        .slice(at, at + FORGOTTEN_AT_ONCE)
        .map(({ account, region, trace_id: id }) => [account, region, id] as const);
      const which = 'WHERE account = ? AND region = ? AND trace_id = ?';
      await this.#store.write([
        { sql: `DELETE FROM xray_segments ${which}`, rows },
        { sql: `DELETE FROM xray_traces ${which}`, rows },
      ]);
    }
  }

  async #withBodies(
    { account, region }: TraceOwner,
    traces: readonly TraceRow[],
  ): Promise<readonly StoredTrace[]> {
    if (traces.length === 0) return [];
    const places = traces.map(() => '?').join(', ');
    const rows = await this.#store.read<SegmentRow>(
      `SELECT trace_id, body FROM xray_segments
       WHERE account = ? AND region = ? AND trace_id IN (${places})`,
      [account, region, ...traces.map((each) => each.trace_id)],
    );
    const bodies = Map.groupBy(rows, (each) => each.trace_id);
    return traces.map((each) => ({
      id: each.trace_id,
      updatedMs: each.updated_ms,
      isLimitExceeded: each.bytes > TRACE_BYTES,
      bodies: bodies.get(each.trace_id)?.map(({ body }) => body) ?? [],
    }));
  }
}

/** As many as may be read at once; at least one. */
function fitting(rows: readonly TraceRow[]): readonly TraceRow[] {
  let bytes = 0;
  const tooMuch = rows.findIndex((each, index) => {
    bytes += each.bytes;
    return index > 0 && bytes > PAGE_BYTES;
  });
  return tooMuch === -1 ? rows : rows.slice(0, tooMuch);
}

/**
 * What would make the trace too large is counted and not kept: the trace is over its limit then,
 * whatever comes later.
 */
function statementsOf(
  { account, region }: TraceOwner,
  { segment, body }: ReadDocument,
  nowMs: number,
): readonly Statement[] {
  const key = [account, region, segment.trace_id] as const;
  const [startedMs, endedMs] = timesOf(segment);
  return [
    {
      sql: `INSERT INTO xray_traces VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
          started_ms = min(started_ms, excluded.started_ms),
          ended_ms = max(ended_ms, excluded.ended_ms),
          updated_ms = excluded.updated_ms,
          bytes = min(bytes + excluded.bytes, ?)`,
      params: [
        ...key,
        startedMs,
        endedMs,
        nowMs,
        Math.min(Buffer.byteLength(body), TRACE_BYTES + 1),
        TRACE_BYTES + 1,
      ],
    },
    {
      sql: `INSERT OR REPLACE INTO xray_segments SELECT account, region, trace_id, ?, ?
          FROM xray_traces WHERE account = ? AND region = ? AND trace_id = ? AND bytes <= ?`,
      params: [segment.id, body, ...key, TRACE_BYTES],
    },
  ];
}

function timesOf(segment: Segment): readonly [startedMs: number, endedMs: number] {
  const startedMs = Math.floor(segment.start_time * 1000);
  return [startedMs, startedMs + Math.ceil(durationOf(segment) * 1000)];
}
