/** From a rule's name or ARN to its record, and what a caller must be allowed on it. */
import type { OperationContext, Permission } from '../../core/operation.ts';
import { resourceTagConditions } from '../tag-conditions.ts';
import { DEFAULT_BUS } from './bus-record.ts';
import type { EventsRoom } from './events-deps.ts';
import { invalidArn, ruleNotFound } from './events-errors.ts';
import { busKey, ownBus } from './find-bus.ts';
import { ruleArn, type RuleKey, type RuleRecord } from './rule-record.ts';

/** `bus`: its name or its ARN. */
export function keyOf(
  name: string,
  bus: string | undefined,
  context: Pick<OperationContext, 'account' | 'region'>,
): RuleKey {
  const { name: busName, account, region } = busKey(bus, context);
  return { account, region, name, ...(busName === DEFAULT_BUS ? {} : { bus: busName }) };
}

export function findRule(
  room: EventsRoom,
  name: string,
  bus: string | undefined,
  context: OperationContext,
): RuleRecord {
  ownBus(room, bus, context);
  const key = keyOf(name, bus, context);
  const record = room.rules.find(key);
  if (record === undefined) throw ruleNotFound(key);
  return record;
}

const ruleForm =
  /^arn:aws[\w-]*:events:([a-z0-9-]+):(\d{12}):rule\/(?:([.\-_A-Za-z0-9]+)\/)?([.\-_A-Za-z0-9]+)$/;

/** The rule of an ARN, of the caller's account and region. */
export function findTaggedRule(
  { rules }: EventsRoom,
  arn: string,
  context: OperationContext,
): RuleRecord {
  const [, region, account, bus, name] = ruleForm.exec(arn) ?? [];
  if (name === undefined) throw invalidArn(arn);
  const key = keyOf(name, bus, context);
  const record = rules.find(key);
  const isOwn = region === context.region && account === context.account;
  if (record === undefined || !isOwn) throw ruleNotFound(key);
  return record;
}

type Conditions = NonNullable<Permission['conditions']>;

/** `given` are the condition keys that come with the request. */
export function rulePermission(
  room: EventsRoom,
  action: string,
  key: RuleKey,
  given: Conditions = {},
): readonly Permission[] {
  const record = room.rules.find(key);
  const conditions: Conditions = {
    ...(record === undefined ? {} : { 'events:creatorAccount': record.account }),
    ...resourceTagConditions(record?.tags),
    ...given,
  };
  return [{ action: `events:${action}`, resources: [ruleArn(key)], conditions }];
}

/** AWS: of lists, all rules are the resource. */
export function listPermission(
  action: string,
  { account, region }: OperationContext,
): readonly Permission[] {
  return [
    { action: `events:${action}`, resources: [`arn:aws:events:${region}:${account}:rule/*`] },
  ];
}
