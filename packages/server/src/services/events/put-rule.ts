import type { PutRuleRequest, PutRuleResponse } from '@aws-sdk/client-eventbridge';
import { validationException } from '../../core/aws-error.ts';
import { InvalidEventPattern } from '../../core/event-pattern/invalid-event-pattern.ts';
import { parseEventPattern, type EventPattern } from '../../core/event-pattern/event-pattern.ts';
import type { Operation, OperationContext } from '../../core/operation.ts';
import { InvalidSchedule } from '../../core/schedule/invalid-schedule.ts';
import { parseSchedule } from '../../core/schedule/schedule.ts';
import { requestTagConditions, tagRecord } from '../tag-conditions.ts';
import type { Validated } from '../validated.ts';
import type { EventsRoom } from './events-deps.ts';
import { DEFAULT_BUS } from './bus-record.ts';
import { cannotYet, invalidPattern, tooMany } from './events-errors.ts';
import { busKey, ownBus } from './find-bus.ts';
import { keyOf, rulePermission } from './find-rule.ts';
import { busNameOf, ruleArn, type RuleRecord } from './rule-record.ts';
import { readTags } from './tags.ts';
import { startCounting, stopCounting } from './rule-timing.ts';

type Input = Validated<PutRuleRequest>;

/** AWS: an account has 300 rules on a bus. */
const RULES = 300;

export function putRule(room: EventsRoom): Operation<Input, PutRuleResponse> {
  return {
    name: 'PutRule',
    permissions: (input, context) =>
      rulePermission(
        room,
        'PutRule',
        keyOf(input.Name, input.EventBusName, context),
        requestTagConditions(tagRecord(input.Tags)),
      ),
    handle: async (input, context) => {
      const given = checkRule(room, input, context);
      const tags = readTags(input.Tags);
      const key = keyOf(input.Name, input.EventBusName, context);
      const isOfBus = (each: RuleRecord): boolean => busNameOf(each) === busNameOf(key);
      await room.rules.change(key, (record) => {
        if (record === undefined && room.rules.list(context).filter(isOfBus).length >= RULES) {
          throw tooMany();
        }
        return changed(record ?? { ...key, tags, targets: [] }, given, room.clock.nowMs());
      });
      return { RuleArn: ruleArn(key) };
    },
  };
}

type Given = Pick<RuleRecord, 'isEnabled' | 'schedule' | 'pattern' | 'description'>;

/** AWS: what is left out of an update is taken away, but for targets and tags, which stay as they are. */
function changed(
  earlier: Partial<RuleRecord> & Pick<RuleRecord, keyof KeptOfRule>,
  given: Given,
  nowMs: number,
): RuleRecord {
  const { description: _, schedule: __, pattern: ___, ...kept } = earlier;
  const next = { ...kept, ...given, countedFromMs: earlier.countedFromMs ?? nowMs };
  if (!next.isEnabled || next.schedule === undefined) return stopCounting(next);
  const goesOn = earlier.isEnabled === true && earlier.schedule === next.schedule;
  return goesOn ? next : startCounting(next, nowMs);
}

type KeptOfRule = Pick<RuleRecord, 'account' | 'region' | 'name' | 'tags' | 'targets'>;

function checkRule(room: EventsRoom, input: Input, context: OperationContext): Given {
  const { ScheduleExpression: schedule = '', EventPattern: pattern = '', State: state } = input;
  if (schedule === '' && pattern === '') {
    throw validationException('Parameter(s) EventPattern or ScheduleExpression must be specified.');
  }
  if (schedule !== '' && busKey(input.EventBusName, context).name !== DEFAULT_BUS) {
    throw validationException('ScheduleExpression is supported only on the default event bus.');
  }
  ownBus(room, input.EventBusName, context);
  if (input.RoleArn !== undefined) throw cannotYet('roles of rules (RoleArn)');
  if (state === 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS') throw cannotYet(`State ${state}`);
  if (schedule !== '') checkSchedule(schedule);
  if (pattern !== '') {
    if (room.forwards) throw cannotYet('rules with an EventPattern beside HEARTH_UPSTREAM_EVENTS');
    checkPattern(pattern);
  }
  const { Description: description } = input;
  return {
    isEnabled: state !== 'DISABLED',
    ...(schedule === '' ? {} : { schedule }),
    ...(pattern === '' ? {} : { pattern }),
    ...(description === undefined ? {} : { description }),
  };
}

function checkSchedule(schedule: string): void {
  try {
    parseSchedule(schedule);
  } catch (error) {
    if (!(error instanceof InvalidSchedule)) throw error;
    throw validationException('Parameter ScheduleExpression is not valid.');
  }
}

/** What it says; refuses what is none. */
export function checkPattern(pattern: string): EventPattern {
  try {
    return parseEventPattern(pattern);
  } catch (error) {
    if (!(error instanceof InvalidEventPattern)) throw error;
    throw invalidPattern(error.message);
  }
}
