/**
 * EventBridge as Hearth serves it: scheduled rules of the default bus, for functions and queues. What
 * is put on a bus goes to another server, where there is one.
 */
import type { CallAs } from '../../core/call-as.ts';
import { serviceOf, type Service } from '../../core/operation.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/ids.ts';
import { closeable, type Closeable } from '../../lib/lifetime.ts';
import type { Logger } from '../../lib/logger.ts';
import type { Rounds } from '../../lib/rounds.ts';
import type { Store } from '../../store/store.ts';
import type { Upstream } from '../upstream.ts';
import { startDeliveries } from './deliveries.ts';
import type { EventsRoom } from './events-deps.ts';
import { putEvents } from './put-events.ts';
import { putRule } from './put-rule.ts';
import { RuleRepository } from './rule-repository.ts';
import { listTagsForResource, tagResource, untagResource } from './rule-tags.ts';
import {
  deleteRule,
  describeRule,
  disableRule,
  enableRule,
  listRuleNamesByTarget,
  listRules,
} from './rules.ts';
import { startScheduler } from './scheduler.ts';
import { listTargetsByRule, putTargets, removeTargets } from './targets.ts';

export interface EventsService extends Service, Closeable {
  /** Rows of rules that were not what had been written. */
  readonly damagedRows: number;
  /** From now on rules fire. Called once, when targets can be reached. */
  start(): Promise<void>;
  /** Once started: fires what is due now and hands it over; resolves when that has been tried. */
  run(): Promise<void>;
}

export interface EventsDeps {
  readonly store: Store;
  readonly callAs: CallAs;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  /** Has the buses that events are put on. */
  readonly upstream?: Upstream | undefined;
}

export async function openEventsService(deps: EventsDeps): Promise<EventsService> {
  const { store, clock, ids, logger, upstream } = deps;
  const rules = await RuleRepository.open(store, logger);
  let deliveries: Rounds | undefined;
  let scheduler: Rounds | undefined;
  const onFired = (): void => {
    deliveries?.look();
  };
  return {
    ...serviceOf('events', [
      ...operationsOf({ rules, clock }),
      ...(upstream === undefined ? [] : [putEvents(upstream)]),
    ]),
    get damagedRows() {
      return rules.damagedRows;
    },
    start: async () => {
      deliveries = startDeliveries(deps);
      scheduler = await startScheduler({ rules, onFired, clock, ids, logger });
    },
    run: async () => {
      await scheduler?.run();
      await deliveries?.run();
    },
    ...closeable(async () => {
      await scheduler?.close();
      await deliveries?.close();
    }),
  };
}

function operationsOf(room: EventsRoom): Parameters<typeof serviceOf>[1] {
  return [
    deleteRule(room),
    describeRule(room),
    disableRule(room),
    enableRule(room),
    listRuleNamesByTarget(room),
    listRules(room),
    listTagsForResource(room),
    listTargetsByRule(room),
    putRule(room),
    putTargets(room),
    removeTargets(room),
    tagResource(room),
    untagResource(room),
  ];
}
