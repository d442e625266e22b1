/** From a rule's name or ARN to its record, and what a caller must be allowed on it. */
import type { OperationContext, Permission } from '../../core/operation.ts';
import type { EventsRoom } from './events-deps.ts';
import { busNotFound, invalidArn, ruleNotFound } from './events-errors.ts';
import { ruleArn, type RuleKey, type RuleRecord } from './rule-record.ts';

export function keyOf(name: string, { account, region }: OperationContext): RuleKey {
  return { account, region, name };
}

/** There is one bus: the account's default one, by its name or its ARN. */
export function isDefaultBus(bus: string | undefined, context: OperationContext): boolean {
  const arn = `arn:aws:events:${context.region}:${context.account}:event-bus/default`;
  return bus === undefined || bus === 'default' || bus === arn;
}

export function checkBus(bus: string | undefined, context: OperationContext): void {
  if (!isDefaultBus(bus, context)) throw busNotFound(bus?.split('/').at(-1) ?? '');
}

export function findRule(
  { rules }: EventsRoom,
  name: string,
  bus: string | undefined,
  context: OperationContext,
): RuleRecord {
  checkBus(bus, context);
  const record = rules.find(keyOf(name, context));
  if (record === undefined) throw ruleNotFound(name);
  return record;
}

/** The rule of an ARN, of the caller's account and region. */
export function findTaggedRule(
  { rules }: EventsRoom,
  arn: string,
  context: OperationContext,
): RuleRecord {
  const [, region, account, name] =
    /^arn:aws[\w-]*:events:([a-z0-9-]+):(\d{12}):rule\/(?:default\/)?([.\-_A-Za-z0-9]+)$/.exec(
      arn,
    ) ?? [];
  if (name === undefined) throw invalidArn(arn);
  const record = rules.find(keyOf(name, context));
  const isOwn = region === context.region && account === context.account;
  if (record === undefined || !isOwn) throw ruleNotFound(name);
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
  const tags = Object.entries(record?.tags ?? {});
  const ofRule = tags.map(([name, value]) => [`aws:ResourceTag/${name}`, value]);
  const conditions: Conditions = {
    ...(record === undefined ? {} : { 'events:creatorAccount': record.account }),
    ...(Object.fromEntries(ofRule) as Record<string, string>),
    ...given,
  };
  return [{ action: `events:${action}`, resources: [ruleArn(key)], conditions }];
}

/** On the ARN as it was given, which need not be a rule's. */
export function taggedPermission(
  room: EventsRoom,
  action: string,
  arn: string,
  given: Conditions = {},
): readonly Permission[] {
  // Any partition is accepted and means the same rule: a Deny must hold for every spelling.
  const resource = arn.replace(/^arn:aws[\w-]*:/, 'arn:aws:').replace(':rule/default/', ':rule/');
  const record = room.rules.all().find((each) => ruleArn(each) === resource);
  if (record !== undefined) return rulePermission(room, action, record, given);
  return [{ action: `events:${action}`, resources: [resource], conditions: given }];
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
