/** The port `LogStore` on a catalogue and segments; joins names, numbers and expiry. */
import path from 'node:path';
import { invariant } from '../../lib/invariant.ts';
import { parseFilterPattern } from '../filter-pattern/parse-filter-pattern.ts';
import { type GroupSegments, openGroupSegments, removeGroupFolder } from './group-segments.ts';
import type { GroupRow, LogCatalogue, StreamRow } from './log-catalogue.ts';
import { LogStreamMissing } from './log-store-errors.ts';
import type {
  LogEvent,
  LogGroup,
  LogGroupKey,
  LogOwner,
  LogPage,
  LogQuery,
  LogStore,
  LogStream,
  LogStreamKey,
  LogTags,
  NewLogEvent,
} from './log-store.ts';
import type { LogStoreDeps } from '../open-log-store.ts';
import { planQuery, resumePosition } from './plan-query.ts';
import type { SearchClient } from './search-client.ts';
import type { FoundEvent } from './search-message.ts';

const SWEEP_EVERY_MS = 10 * 60_000;
const DAY_MS = 86_400_000;

export class SegmentLogStore implements LogStore {
  readonly #deps: LogStoreDeps;
  readonly #catalogue: LogCatalogue;
  readonly #search: SearchClient;
  /** By the group's number; opened with its first use. */
  readonly #segments = new Map<number, Promise<GroupSegments>>();
  readonly #appending = new Set<Promise<void>>();
  #damagedRecords = 0;
  #sweeper: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  constructor(deps: LogStoreDeps, catalogue: LogCatalogue, search: SearchClient) {
    this.#deps = deps;
    this.#catalogue = catalogue;
    this.#search = search;
  }

  startSweeping(): void {
    this.#sweeper = setInterval(() => {
      this.sweep().catch((error: unknown) =>
        this.#deps.logger.error('log retention sweep failed', { error }),
      );
    }, SWEEP_EVERY_MS);
  }

  get damagedRecords(): number {
    return this.#damagedRecords;
  }

  async createGroup(key: LogGroupKey, tags: LogTags): Promise<void> {
    this.#assertOpen();
    await this.#catalogue.createGroup(key, tags);
  }

  async deleteGroup(key: LogGroupKey): Promise<void> {
    this.#assertOpen();
    const group = await this.#catalogue.deleteGroup(key);
    const segments = await this.#segments.get(group.id);
    this.#segments.delete(group.id);
    await segments?.close();
    await removeGroupFolder(this.#folderOf(group));
  }

  findGroup(key: LogGroupKey): LogGroup | undefined {
    return this.#catalogue.find(key);
  }

  listGroups(owner: LogOwner): readonly LogGroup[] {
    return this.#catalogue.listGroups(owner);
  }

  async storedBytes(key: LogGroupKey): Promise<number> {
    const group = this.#catalogue.get(key);
    const segments = await this.#open(group);
    const streams = await this.#catalogue.streams(group);
    const bytes = [...streams.values()].map((stream) => segments.extentOf(stream.id)?.bytes ?? 0);
    return bytes.reduce((sum, each) => sum + each, 0);
  }

  setRetention(key: LogGroupKey, days: number | undefined): Promise<void> {
    return this.#catalogue.changeGroup(key, () => ({ retentionDays: days }));
  }

  changeTags(key: LogGroupKey, change: (tags: LogTags) => LogTags): Promise<void> {
    return this.#catalogue.changeGroup(key, (group) => ({ tags: change(group.tags) }));
  }

  async createStream({ stream, ...key }: LogStreamKey): Promise<void> {
    this.#assertOpen();
    await this.#catalogue.createStream(key, stream);
  }

  async deleteStream({ stream, ...key }: LogStreamKey): Promise<void> {
    const wasThere = await this.#catalogue.deleteStream(key, stream);
    if (!wasThere) throw new LogStreamMissing(stream);
  }

  async listStreams(key: LogGroupKey): Promise<readonly LogStream[]> {
    const group = this.#catalogue.get(key);
    const [segments, streams] = await Promise.all([
      this.#open(group),
      this.#catalogue.streams(group),
    ]);
    const listed = [...streams.values()].map(({ id, name, createdAtMs }) => {
      const extent = segments.extentOf(id);
      return { name, createdAtMs, ...(extent === undefined ? {} : { extent }) };
    });
    return listed.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  append(key: LogStreamKey, events: readonly NewLogEvent[]): Promise<void> {
    const appending = this.#append(key, events);
    this.#appending.add(appending);
    const forget = (): void => void this.#appending.delete(appending);
    appending.then(forget, forget);
    return appending;
  }

  async query(key: LogGroupKey, query: LogQuery): Promise<LogPage> {
    this.#assertOpen();
    // Here for its error's class, which a thread's answer would lose.
    parseFilterPattern(query.pattern ?? '');
    const group = this.#catalogue.get(key);
    const [segments, streams] = await Promise.all([
      this.#open(group),
      this.#catalogue.streams(group),
    ]);
    const names = chooseStreams(streams, query);
    const fromMs = Math.max(query.fromMs ?? -Infinity, this.#expiryMs(group));
    const asked = { ...query, fromMs };
    const plan = planQuery(segments.blocks, asked, (stream) => names.has(stream));
    if (plan.blocks.length === 0) return { events: [] };
    const { order, untilMs, after, pattern, mostEvents } = asked;
    const result = await this.#search.search({
      folder: segments.folder,
      blocks: plan.blocks.map(({ segment, offset, length, leastMs, mostMs }) => ({
        segment,
        offset,
        length,
        leastMs,
        mostMs,
      })),
      streams: plan.streams,
      query: {
        order,
        fromMs,
        mostEvents,
        ...(untilMs === undefined ? {} : { untilMs }),
        ...(after === undefined ? {} : { after }),
        ...(pattern === undefined ? {} : { pattern }),
      },
    });
    if (result.damaged > 0) this.#reportDamaged(group, result.damaged);
    return pageFrom(result, plan.completeBeforeMs, order, names);
  }

  async sweep(): Promise<void> {
    for (const group of this.#catalogue.groups) {
      const isOpen = this.#segments.has(group.id);
      if (!isOpen && group.retentionDays === undefined) continue;
      const segments = await this.#open(group);
      const streams = await this.#catalogue.streams(group);
      const live = new Set([...streams.values()].map((stream) => stream.id));
      const expiryMs = this.#expiryMs(group);
      await segments.sweep((extent) => live.has(extent.stream) && extent.mostMs >= expiryMs);
    }
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#end());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #end(): Promise<void> {
    clearInterval(this.#sweeper);
    await Promise.allSettled(this.#appending);
    const opened = await Promise.allSettled(this.#segments.values());
    for (const each of opened) if (each.status === 'fulfilled') await each.value.close();
    await this.#search.close();
  }

  async #append({ stream, ...key }: LogStreamKey, events: readonly NewLogEvent[]): Promise<void> {
    this.#assertOpen();
    const group = this.#catalogue.get(key);
    const [segments, streams] = await Promise.all([
      this.#open(group),
      this.#catalogue.streams(group),
    ]);
    const row = streams.get(stream);
    if (row === undefined) throw new LogStreamMissing(stream);
    if (events.length === 0) return;
    const ingestedAtMs = this.#deps.clock.nowMs();
    await segments.append(
      events.map(({ timestampMs, message }) => ({
        stream: row.id,
        timestampMs,
        ingestedAtMs,
        message,
      })),
    );
  }

  #open(group: GroupRow): Promise<GroupSegments> {
    const known = this.#segments.get(group.id);
    if (known !== undefined) return known;
    this.#assertOpen();
    const opening = openGroupSegments({
      folder: this.#folderOf(group),
      search: this.#search,
      logger: this.#deps.logger,
      onDamaged: (count) => (this.#damagedRecords += count),
      ...(this.#deps.segmentBytes === undefined ? {} : { segmentBytes: this.#deps.segmentBytes }),
    });
    this.#segments.set(group.id, opening);
    // The next use tries again.
    opening.catch(() => this.#segments.delete(group.id));
    return opening;
  }

  #folderOf(group: GroupRow): string {
    return path.join(this.#deps.folder, String(group.id));
  }

  /** Events before this time are gone, also those whose segment is still there. */
  #expiryMs({ retentionDays }: GroupRow): number {
    if (retentionDays === undefined) return -Infinity;
    return this.#deps.clock.nowMs() - retentionDays * DAY_MS;
  }

  #reportDamaged(group: GroupRow, damaged: number): void {
    this.#damagedRecords += damaged;
    this.#deps.logger.error('damaged log records skipped', { group: group.name, damaged });
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw new Error('The log store is closed.');
  }
}

/** Names by number. */
function chooseStreams(
  streams: ReadonlyMap<string, StreamRow>,
  { streams: asked, streamPrefix }: LogQuery,
): ReadonlyMap<number, string> {
  const rows =
    asked === undefined
      ? [...streams.values()].filter((row) => row.name.startsWith(streamPrefix ?? ''))
      : asked.map((name) => {
          const row = streams.get(name);
          if (row === undefined) throw new LogStreamMissing(name);
          return row;
        });
  return new Map(rows.map((row) => [row.id, row.name]));
}

function pageFrom(
  result: { readonly events: readonly FoundEvent[]; readonly isCut: boolean },
  completeBeforeMs: number | undefined,
  order: LogQuery['order'],
  names: ReadonlyMap<number, string>,
): LogPage {
  const sign = order === 'oldest-first' ? 1 : -1;
  const isComplete = (event: FoundEvent): boolean =>
    completeBeforeMs === undefined || sign * event.timestampMs < sign * completeBeforeMs;
  const events = result.events.filter(isComplete).map((event): LogEvent => {
    const stream = names.get(event.stream);
    invariant(stream !== undefined, 'a search finds events of the streams it was asked for');
    return { ...event, stream };
  });
  const wasComplete = events.length === result.events.length;
  const last = events.at(-1);
  if (result.isCut && wasComplete && last !== undefined) {
    return { events, next: { timestampMs: last.timestampMs, place: last.place } };
  }
  if (completeBeforeMs === undefined) return { events };
  return { events, next: resumePosition(order, completeBeforeMs) };
}
