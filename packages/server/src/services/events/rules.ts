/** Rules as they are shown, listed, switched and deleted. */
import type {
  DeleteRuleRequest,
  DescribeRuleRequest,
  DescribeRuleResponse,
  DisableRuleRequest,
  EnableRuleRequest,
  ListRuleNamesByTargetRequest,
  ListRuleNamesByTargetResponse,
  ListRulesRequest,
  ListRulesResponse,
  Rule,
} from '@aws-sdk/client-eventbridge';
import { validationException } from '../../core/aws-error.ts';
import type { Operation, OperationContext } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import type { EventsRoom } from './events-deps.ts';
import { ruleNotFound } from './events-errors.ts';
import { ownBus } from './find-bus.ts';
import { findRule, keyOf, listPermission, rulePermission } from './find-rule.ts';
import { pageOf } from '../page.ts';
import { busNameOf, ruleArn, type RuleRecord } from './rule-record.ts';
import { startCounting, stopCounting } from './rule-timing.ts';

export function describeRule(
  room: EventsRoom,
): Operation<Validated<DescribeRuleRequest>, DescribeRuleResponse> {
  return {
    name: 'DescribeRule',
    permissions: ({ Name: name, EventBusName: bus }, context) =>
      rulePermission(room, 'DescribeRule', keyOf(name, bus, context)),
    handle: async ({ Name: name, EventBusName: bus }, context) => {
      const record = findRule(room, name, bus, context);
      return { ...show(record), CreatedBy: record.account };
    },
  };
}

export function listRules(
  room: EventsRoom,
): Operation<Validated<ListRulesRequest>, ListRulesResponse> {
  return {
    name: 'ListRules',
    permissions: (_, context) => listPermission('ListRules', context),
    handle: async ({ NamePrefix: prefix = '', EventBusName: bus, ...page }, context) => {
      const records = rulesOf(room, bus, context).filter(({ name }) => name.startsWith(prefix));
      const { items, next } = pageOf(records, ({ name }) => name, page);
      return { Rules: items.map(show), ...next };
    },
  };
}

export function listRuleNamesByTarget(
  room: EventsRoom,
): Operation<Validated<ListRuleNamesByTargetRequest>, ListRuleNamesByTargetResponse> {
  return {
    name: 'ListRuleNamesByTarget',
    permissions: (_, context) => listPermission('ListRuleNamesByTarget', context),
    handle: async ({ TargetArn: arn, EventBusName: bus, ...page }, context) => {
      const names = rulesOf(room, bus, context)
        .filter(({ targets }) => targets.some((each) => each.arn === arn))
        .map(({ name }) => name);
      const { items, next } = pageOf(names, (name) => name, page);
      return { RuleNames: [...items], ...next };
    },
  };
}

function rulesOf(
  room: EventsRoom,
  bus: string | undefined,
  context: OperationContext,
): readonly RuleRecord[] {
  const { name } = ownBus(room, bus, context);
  return room.rules.list(context).filter((each) => busNameOf(each) === name);
}

/** AWS: a rule that is not there is deleted all the same. */
export function deleteRule(room: EventsRoom): Operation<Validated<DeleteRuleRequest>> {
  return {
    name: 'DeleteRule',
    permissions: ({ Name: name, EventBusName: bus }, context) =>
      rulePermission(room, 'DeleteRule', keyOf(name, bus, context)),
    handle: async ({ Name: name, EventBusName: bus }, context) => {
      ownBus(room, bus, context);
      await room.rules.change(keyOf(name, bus, context), (record) => {
        if (record !== undefined && record.targets.length > 0) {
          throw validationException("Rule can't be deleted since it has targets.");
        }
        return undefined;
      });
      return {};
    },
  };
}

export function enableRule(room: EventsRoom): Operation<Validated<EnableRuleRequest>> {
  return switching(room, 'EnableRule', (record) =>
    record.isEnabled ? record : startCounting({ ...record, isEnabled: true }, room.clock.nowMs()),
  );
}

export function disableRule(room: EventsRoom): Operation<Validated<DisableRuleRequest>> {
  return switching(room, 'DisableRule', (record) =>
    record.isEnabled ? stopCounting({ ...record, isEnabled: false }) : record,
  );
}

function switching(
  room: EventsRoom,
  operation: 'EnableRule' | 'DisableRule',
  change: (record: RuleRecord) => RuleRecord,
): Operation<Validated<EnableRuleRequest>> {
  return {
    name: operation,
    permissions: ({ Name: name, EventBusName: bus }, context) =>
      rulePermission(room, operation, keyOf(name, bus, context)),
    handle: async ({ Name: name, EventBusName: bus }, context) => {
      ownBus(room, bus, context);
      const key = keyOf(name, bus, context);
      await room.rules.change(key, (record) => {
        if (record === undefined) throw ruleNotFound(key);
        return change(record);
      });
      return {};
    },
  };
}

function show(record: RuleRecord): Rule {
  return {
    Name: record.name,
    Arn: ruleArn(record),
    ...(record.schedule === undefined ? {} : { ScheduleExpression: record.schedule }),
    ...(record.pattern === undefined ? {} : { EventPattern: record.pattern }),
    State: record.isEnabled ? 'ENABLED' : 'DISABLED',
    EventBusName: busNameOf(record),
    ...(record.description === undefined ? {} : { Description: record.description }),
  };
}
