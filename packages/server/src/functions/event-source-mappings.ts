/**
 * Event source mappings: which source's records go to which function, and how. Stored is what is
 * wanted; which state is shown follows from that and from what runs.
 */
import { openRecordRows, type RecordRowsDependencies } from './record-rows.ts';

export interface EventSourceMappingRecord {
  readonly account: string;
  readonly region: string;
  readonly uuid: string;
  /** ARN of the queue. */
  readonly source: string;
  /** Of the same account and region. */
  readonly functionName: string;
  readonly qualifier?: string;
  /** `deleted`: goes as soon as what is in flight has ended. */
  readonly wanted: 'enabled' | 'disabled' | 'deleted';
  readonly batchSize: number;
  readonly windowSeconds: number;
  /** Batches at once; without one as many as are worth it. */
  readonly maximumConcurrency?: number;
  /** Patterns, of which one must match; none lets everything through. */
  readonly filters: readonly string[];
  readonly reportsItemFailures: boolean;
  readonly lastModifiedMs: number;
  readonly tags: Readonly<Record<string, string>>;
}

export interface EventSourceMappings {
  find(arn: string): EventSourceMappingRecord | undefined;
  all(): IteratorObject<EventSourceMappingRecord>;
  /** By UUID. */
  list(owner: { readonly account: string; readonly region: string }): EventSourceMappingRecord[];
  insert(record: EventSourceMappingRecord): Promise<boolean>;
  /** False when `previous` is no longer what is stored. */
  replace(previous: EventSourceMappingRecord, next: EventSourceMappingRecord): Promise<boolean>;
  remove(record: EventSourceMappingRecord): Promise<boolean>;
  readonly damagedRows: number;
}

export function eventSourceMappingArn(
  { account, region }: Pick<EventSourceMappingRecord, 'account' | 'region'>,
  uuid: string,
): string {
  return `arn:aws:lambda:${region}:${account}:event-source-mapping:${uuid}`;
}

export async function openEventSourceMappings(
  deps: RecordRowsDependencies,
): Promise<EventSourceMappings> {
  const rows = await openRecordRows<EventSourceMappingRecord>(deps, 'event-source-mapping');
  const keyOf = (record: EventSourceMappingRecord): string =>
    eventSourceMappingArn(record, record.uuid);
  return {
    find: (arn) => rows.get(arn),
    all: () => rows.values(),
    list: ({ account, region }) =>
      rows
        .values()
        .filter((each) => each.account === account && each.region === region)
        .toArray()
        .toSorted((one, other) => (one.uuid < other.uuid ? -1 : 1)),
    insert: (next) => rows.change([{ key: keyOf(next), previous: undefined, next }]),
    replace: (previous, next) => rows.change([{ key: keyOf(previous), previous, next }]),
    remove: (previous) => rows.change([{ key: keyOf(previous), previous, next: undefined }]),
    damagedRows: rows.damagedRows,
  };
}
