/**
 * Whether the segments of an invocation are kept, and what the function is told of it. The caller
 * decides where its header says; else, for functions with active tracing, AWS's sampling: the first
 * invocation of a second, and of the others one in twenty.
 */
import {
  isDecided,
  isSampled,
  parentIdOf,
  SAMPLING_RATE,
  traceIdOf,
  withMembers,
  type InvocationTrace,
} from '../../core/trace.ts';
import type { FunctionRecord } from '../../functions/function-record.ts';
import { newTraceHeader, newTraceId } from '../../invoke/trace-header.ts';
import type { LambdaRoom } from './lambda-deps.ts';

type Tracing = 'Active' | undefined;
type TracingRoom = Pick<LambdaRoom, 'clock' | 'ids' | 'random' | 'sampler'>;

/** In which second a function was sampled last; of those that were updated it is forgotten. */
export class Sampler {
  readonly #seconds = new WeakMap<FunctionRecord, number>();

  takes(record: FunctionRecord, nowMs: number, random: () => number): boolean {
    const second = Math.floor(nowMs / 1000);
    if (this.#seconds.get(record) === second) return random() < SAMPLING_RATE;
    this.#seconds.set(record, second);
    return true;
  }
}

/** The header of what has none and sets in motion a function: with the decision about it. */
export function beginTrace(room: TracingRoom, record: FunctionRecord, tracing: Tracing): string {
  if (tracing !== 'Active' || !takes(room, record)) return newTraceHeader(room);
  // Without a parent: no segment has its id.
  return `Root=${newTraceId(room)};Sampled=1`;
}

/** The header that came, with a decision where the function's tracing makes one. */
export function decidedHeader(
  room: TracingRoom,
  record: FunctionRecord,
  tracing: Tracing,
  given: string | undefined,
): string {
  if (given === undefined) return beginTrace(room, record, tracing);
  if (tracing !== 'Active' || isDecided(given)) return given;
  const Sampled = takes(room, record) ? '1' : '0';
  return withMembers(given, { Root: rootOf(room, given), Sampled });
}

export interface ArrivedTrace {
  readonly header: string;
  readonly trace?: InvocationTrace;
}

/** With ids of its own, where the segments of the invocation are kept. */
export function arrive(room: TracingRoom, header: string): ArrivedTrace {
  if (!isSampled(header)) return { header };
  const traceId = rootOf(room, header);
  const parentId = parentIdOf(header);
  const digits = room.ids.hex(32);
  const ids = {
    lambda: digits.slice(0, 16),
    attempt: digits.slice(16, 32),
    function: digits.slice(32, 48),
    invocation: digits.slice(48),
  };
  return {
    header: withMembers(header, { Root: traceId, Parent: ids.invocation, Sampled: '1' }),
    trace: {
      traceId,
      ids,
      receivedAtMs: room.clock.nowMs(),
      ...(parentId === undefined ? {} : { parentId }),
    },
  };
}

function takes(room: TracingRoom, record: FunctionRecord): boolean {
  return room.sampler.takes(record, room.clock.nowMs(), room.random);
}

/** A new one for a header whose own is none. */
function rootOf(room: TracingRoom, header: string): string {
  return traceIdOf(header) ?? newTraceId(room);
}
