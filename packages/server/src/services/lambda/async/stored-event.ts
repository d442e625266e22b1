/** An asynchronous event as it waits in the durable queue, beside its payload. */
import type { AsyncProgress } from '../../../core/async-event.ts';
import { functionArn } from '../../../core/function-version.ts';
import type { FunctionKey } from '../../../functions/function-record.ts';
import type { StoredEnd } from './stored-end.ts';

export interface StoredEvent {
  readonly qualifier?: string;
  /** As the caller sent it: base64 of JSON. */
  readonly clientContext?: string;
  readonly traceHeader?: string;
  readonly tenantId?: string;
  readonly progress: AsyncProgress;
  /** It is over, and not everybody has been told: the function does not run again. */
  readonly end?: StoredEnd;
}

const PREFIX = 'async/';

/** All versions of a function wait together. */
export function placeOf(key: FunctionKey): string {
  return `${PREFIX}${functionArn(key)}`;
}

export function isEventPlace(place: string): boolean {
  return place.startsWith(PREFIX);
}

export function keyOfPlace(place: string): FunctionKey {
  const [, , , region = '', account = '', , name = ''] = place.slice(PREFIX.length).split(':');
  return { account, region, name };
}
