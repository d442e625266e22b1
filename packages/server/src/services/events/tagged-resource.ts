/** What TagResource and its kin are asked about: a rule or a bus, by its ARN. */
import type { OperationContext, Permission } from '../../core/operation.ts';
import { busOrNew } from './bus-record.ts';
import type { EventsRoom } from './events-deps.ts';
import { busNotFound, invalidArn, ruleNotFound } from './events-errors.ts';
import { busKey, busPermission, isThere } from './find-bus.ts';
import { findTaggedRule, rulePermission } from './find-rule.ts';
import { ruleArn } from './rule-record.ts';

export type Tags = Readonly<Record<string, string>>;

export interface TaggedResource {
  readonly tags: Tags;
  change(change: (tags: Tags) => Tags): Promise<void>;
}

const busForm = /^arn:aws[\w-]*:events:[a-z0-9-]+:\d{12}:event-bus\/[.\-_A-Za-z0-9]+$/;

export function findTagged(
  room: EventsRoom,
  arn: string,
  context: OperationContext,
): TaggedResource {
  return busForm.test(arn) ? taggedBus(room, arn, context) : taggedRule(room, arn, context);
}

function taggedBus(room: EventsRoom, arn: string, context: OperationContext): TaggedResource {
  const key = busKey(arn, context);
  const isOwn = key.account === context.account && key.region === context.region;
  if (!isOwn || !isThere(room, key)) throw busNotFound(key.name);
  return {
    tags: room.buses.find(key)?.tags ?? {},
    change: (change) =>
      room.buses.change(key, (record) => {
        const bus = busOrNew(record, key, room.clock.nowMs());
        return { ...bus, tags: change(bus.tags) };
      }),
  };
}

function taggedRule(room: EventsRoom, arn: string, context: OperationContext): TaggedResource {
  if (!arn.includes(':rule/')) throw invalidArn(arn);
  const found = findTaggedRule(room, arn, context);
  return {
    tags: found.tags,
    change: (change) =>
      room.rules.change(found, (record) => {
        if (record === undefined) throw ruleNotFound(found);
        return { ...record, tags: change(record.tags) };
      }),
  };
}

type Conditions = NonNullable<Permission['conditions']>;

/** On the ARN as it was given, which need not be one of ours. */
export function taggedPermission(
  room: EventsRoom,
  action: string,
  arn: string,
  given: Conditions = {},
): readonly Permission[] {
  // Any partition is accepted and means the same: a Deny must hold for every spelling.
  const resource = arn.replace(/^arn:aws[\w-]*:/, 'arn:aws:').replace(':rule/default/', ':rule/');
  const rule = room.rules.all().find((each) => ruleArn(each) === resource);
  if (rule !== undefined) return rulePermission(room, action, rule, given);
  const [, , , region = '', account = ''] = resource.split(':');
  if (busForm.test(resource)) {
    return [busPermission(room, action, busKey(resource, { account, region }), given)];
  }
  return [{ action: `events:${action}`, resources: [resource], conditions: given }];
}
