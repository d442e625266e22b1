import type { PutRuleRequest, PutRuleResponse } from '@aws-sdk/client-eventbridge';
import { validationException } from '../../core/aws-error.ts';
import { TAGS_PER_RESOURCE } from '../../core/limits.ts';
import type { Operation, OperationContext } from '../../core/operation.ts';
import { InvalidSchedule } from '../../core/schedule/invalid-schedule.ts';
import { parseSchedule } from '../../core/schedule/schedule.ts';
import type { Validated } from '../validated.ts';
import type { EventsRoom } from './events-deps.ts';
import { cannotYet, tooMany } from './events-errors.ts';
import { checkBus, isDefaultBus, keyOf, rulePermission } from './find-rule.ts';
import { ruleArn, type RuleRecord } from './rule-record.ts';
import { readTags, requestTags } from './rule-tags.ts';
import { startCounting, stopCounting } from './rule-timing.ts';

type Input = Validated<PutRuleRequest>;

/** AWS: an account has 300 rules on a bus. */
const RULES = 300;

export function putRule(room: EventsRoom): Operation<Input, PutRuleResponse> {
  return {
    name: 'PutRule',
    permissions: (input, context) =>
      rulePermission(room, 'PutRule', keyOf(input.Name, context), requestTags(input.Tags)),
    handle: async (input, context) => {
      const schedule = checkSchedule(input, context);
      const tags = readTags(input.Tags);
      if (Object.keys(tags).length > TAGS_PER_RESOURCE) throw tooMany();
      const key = keyOf(input.Name, context);
      await room.rules.change(key, (record) => {
        if (record === undefined && room.rules.list(context).length >= RULES) throw tooMany();
        return changed(
          record ?? { ...key, tags, targets: [] },
          input,
          schedule,
          room.clock.nowMs(),
        );
      });
      return { RuleArn: ruleArn(key) };
    },
  };
}

/** AWS: what is left out of an update is taken away, but for targets and tags, which stay as they are. */
function changed(
  earlier: Partial<RuleRecord> & Pick<RuleRecord, keyof KeptOfRule>,
  { Description: description, State: state }: Input,
  schedule: string,
  nowMs: number,
): RuleRecord {
  const { description: _, ...kept } = earlier;
  const isEnabled = state !== 'DISABLED';
  const next = {
    ...kept,
    schedule,
    isEnabled,
    countedFromMs: earlier.countedFromMs ?? nowMs,
    ...(description === undefined ? {} : { description }),
  };
  if (!isEnabled) return stopCounting(next);
  const goesOn = earlier.isEnabled === true && earlier.schedule === schedule;
  return goesOn ? next : startCounting(next, nowMs);
}

type KeptOfRule = Pick<RuleRecord, 'account' | 'region' | 'name' | 'tags' | 'targets'>;

function checkSchedule(input: Input, context: OperationContext): string {
  const { ScheduleExpression: schedule = '', EventPattern: pattern, State: state } = input;
  if (schedule === '' && (pattern ?? '') === '') {
    throw validationException('Parameter(s) EventPattern or ScheduleExpression must be specified.');
  }
  if (schedule !== '' && !isDefaultBus(input.EventBusName, context)) {
    throw validationException('ScheduleExpression is supported only on the default event bus.');
  }
  checkBus(input.EventBusName, context);
  if ((pattern ?? '') !== '') throw cannotYet('rules with an EventPattern');
  if (input.RoleArn !== undefined) throw cannotYet('roles of rules (RoleArn)');
  if (state === 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS') throw cannotYet(`State ${state}`);
  try {
    parseSchedule(schedule);
  } catch (error) {
    if (!(error instanceof InvalidSchedule)) throw error;
    throw validationException('Parameter ScheduleExpression is not valid.');
  }
  return schedule;
}
