/** The targets of a rule: PutTargets, RemoveTargets, ListTargetsByRule. */
import type {
  ListTargetsByRuleRequest,
  ListTargetsByRuleResponse,
  PutTargetsRequest,
  PutTargetsResponse,
  RemoveTargetsRequest,
  RemoveTargetsResponse,
  Target,
} from '@aws-sdk/client-eventbridge';
import type { Operation } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import { checkTarget } from './check-target.ts';
import type { EventsRoom } from './events-deps.ts';
import { ruleNotFound, tooMany } from './events-errors.ts';
import { findRule, keyOf, rulePermission } from './find-rule.ts';
import { pageOf } from '../page.ts';
import type { RuleTarget } from './rule-record.ts';

/** AWS: a rule has so many. */
const TARGETS = 5;

export function putTargets(
  room: EventsRoom,
): Operation<Validated<PutTargetsRequest>, PutTargetsResponse> {
  return {
    name: 'PutTargets',
    permissions: ({ Rule: name, EventBusName: bus, Targets: targets }, context) =>
      rulePermission(room, 'PutTargets', keyOf(name, bus, context), {
        'events:TargetArn': targets.map(({ Arn: arn = '' }) => arn),
      }),
    handle: async ({ Rule: name, EventBusName: bus, Targets: given }, context) => {
      const found = findRule(room, name, bus, context);
      const targets = given.map(checkTarget);
      await room.rules.change(found, (record) => {
        if (record === undefined) throw ruleNotFound(found);
        // The last one of an id is meant, in its first place.
        const byId = new Map([...record.targets, ...targets].map((each) => [each.id, each]));
        if (byId.size > TARGETS) throw tooMany();
        return { ...record, targets: [...byId.values()] };
      });
      return { FailedEntryCount: 0, FailedEntries: [] };
    },
  };
}

export function removeTargets(
  room: EventsRoom,
): Operation<Validated<RemoveTargetsRequest>, RemoveTargetsResponse> {
  return {
    name: 'RemoveTargets',
    permissions: ({ Rule: name, EventBusName: bus }, context) =>
      rulePermission(room, 'RemoveTargets', keyOf(name, bus, context)),
    handle: async ({ Rule: name, EventBusName: bus, Ids: ids }, context) => {
      const gone: readonly string[] = ids;
      const found = findRule(room, name, bus, context);
      await room.rules.change(found, (record) => {
        if (record === undefined) throw ruleNotFound(found);
        return { ...record, targets: record.targets.filter(({ id }) => !gone.includes(id)) };
      });
      return { FailedEntryCount: 0, FailedEntries: [] };
    },
  };
}

export function listTargetsByRule(
  room: EventsRoom,
): Operation<Validated<ListTargetsByRuleRequest>, ListTargetsByRuleResponse> {
  return {
    name: 'ListTargetsByRule',
    permissions: ({ Rule: name, EventBusName: bus }, context) =>
      rulePermission(room, 'ListTargetsByRule', keyOf(name, bus, context)),
    handle: async ({ Rule: name, EventBusName: bus, ...page }, context) => {
      const { targets } = findRule(room, name, bus, context);
      const sorted = targets.toSorted((one, other) => (one.id < other.id ? -1 : 1));
      const { items, next } = pageOf(sorted, ({ id }) => id, page);
      return { Targets: items.map(show), ...next };
    },
  };
}

function show(target: RuleTarget): Target {
  const { transformer, maximumRetryAttempts: retries, maximumEventAgeSeconds: age } = target;
  return {
    Id: target.id,
    Arn: target.arn,
    ...(target.input === undefined ? {} : { Input: target.input }),
    ...(target.inputPath === undefined ? {} : { InputPath: target.inputPath }),
    ...(transformer === undefined
      ? {}
      : {
          InputTransformer: {
            InputPathsMap: { ...transformer.paths },
            InputTemplate: transformer.template,
          },
        }),
    ...(target.messageGroupId === undefined
      ? {}
      : { SqsParameters: { MessageGroupId: target.messageGroupId } }),
    ...(target.deadLetterArn === undefined
      ? {}
      : { DeadLetterConfig: { Arn: target.deadLetterArn } }),
    ...(retries === undefined && age === undefined
      ? {}
      : {
          RetryPolicy: {
            ...(retries === undefined ? {} : { MaximumRetryAttempts: retries }),
            ...(age === undefined ? {} : { MaximumEventAgeInSeconds: age }),
          },
        }),
  };
}
