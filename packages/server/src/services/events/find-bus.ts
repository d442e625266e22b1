/** From the name or ARN of a bus to what is known of it, and what a caller must be allowed on it. */
import type { OperationContext, Permission } from '../../core/operation.ts';
import { resourceTagConditions } from '../tag-conditions.ts';
import { busArn, DEFAULT_BUS, type BusRecord } from './bus-record.ts';
import type { EventsRoom } from './events-deps.ts';
import { busNotFound } from './events-errors.ts';
import type { NamedKey } from '../record-repository.ts';

const arnForm = /^arn:aws[\w-]*:events:([^:]+):(\d{12}):event-bus\/(.+)$/;

/** Any partition is accepted and means the same bus. */
export function busKey(
  nameOrArn: string | undefined,
  { account, region }: Pick<OperationContext, 'account' | 'region'>,
): NamedKey {
  const [, arnRegion, arnAccount, name] = arnForm.exec(nameOrArn ?? '') ?? [];
  if (name === undefined || arnRegion === undefined || arnAccount === undefined) {
    return { account, region, name: nameOrArn ?? DEFAULT_BUS };
  }
  return { account: arnAccount, region: arnRegion, name };
}

export function isThere({ buses }: EventsRoom, key: NamedKey): boolean {
  return key.name === DEFAULT_BUS || buses.find(key) !== undefined;
}

/** A bus of the caller's own, where rules are. */
export function ownBus(
  room: EventsRoom,
  nameOrArn: string | undefined,
  context: OperationContext,
): NamedKey {
  const key = busKey(nameOrArn, context);
  const isOwn = key.account === context.account && key.region === context.region;
  if (!isOwn || !isThere(room, key)) throw busNotFound(key.name);
  return key;
}

type Conditions = NonNullable<Permission['conditions']>;

/** `given` are the condition keys that come with the request. */
export function busPermission(
  { buses }: EventsRoom,
  action: string,
  key: NamedKey,
  given: Conditions = {},
): Permission {
  const { tags, policy }: Partial<BusRecord> = buses.find(key) ?? {};
  return {
    action: `events:${action}`,
    resources: [busArn(key)],
    conditions: { ...resourceTagConditions(tags), ...given },
    ...(policy === undefined ? {} : { resourcePolicy: policy }),
  };
}
