/**
 * Event ids and the tokens of GetLogEvents and FilterLogEvents: a position as 56 digits, as AWS's
 * look, in the order of the events. A token has its direction in front.
 */
import type { LogPosition } from '../../observe/log-store/log-store.ts';
import { invalidParameter } from './logs-errors.ts';

export type Direction = 'f' | 'b';

const TIME_DIGITS = 14;
const PLACE_DIGITS = 16;
const FILLER = '0'.repeat(25);

export function eventId({ timestampMs, place }: LogPosition): string {
  const time = String(Math.max(0, timestampMs)).padStart(TIME_DIGITS, '0');
  return `3${time}${FILLER}${String(place).padStart(PLACE_DIGITS, '0')}`;
}

export function eventToken(direction: Direction, position: LogPosition): string {
  return `${direction}/${eventId(position)}/s`;
}

export function readEventToken(token: string): {
  readonly direction: Direction;
  readonly position: LogPosition;
} {
  const [, direction, time, place] = /^([fb])\/3(\d{14})0{25}(\d{16})\/s$/.exec(token) ?? [];
  if (direction === undefined) throw invalidParameter('The specified nextToken is invalid.');
  return {
    direction: direction === 'f' ? 'f' : 'b',
    position: { timestampMs: Number(time), place: Number(place) },
  };
}
