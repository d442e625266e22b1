/**
 * EventBridge as Hearth serves it: buses, and rules with schedules and patterns for functions and queues.
 * Where the buses are another server's, what is put on them goes there, and rules here have schedules.
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
import { startDeliveries } from '../deliveries.ts';
import { ruleDeliveries } from './rule-deliveries.ts';
import type { EventsRoom } from './events-deps.ts';
import { putPermission, removePermission } from './bus-policy.ts';
import { busArn, type BusRecord } from './bus-record.ts';
import {
  createEventBus,
  deleteEventBus,
  describeEventBus,
  listEventBuses,
  updateEventBus,
} from './buses.ts';
import { forwardEvents } from './forward-events.ts';
import { createPublisher } from './publish.ts';
import { putEvents } from './put-events.ts';
import { putRule } from './put-rule.ts';
import { RecordRepository, type NamedKey } from '../record-repository.ts';
import { eventsMigrations } from './migrations.ts';
import { ruleArn, type RuleKey, type RuleRecord } from './rule-record.ts';
import {
  deleteRule,
  describeRule,
  disableRule,
  enableRule,
  listRuleNamesByTarget,
  listRules,
} from './rules.ts';
import { startScheduler } from './scheduler.ts';
import { listTagsForResource, tagResource, untagResource } from './tags.ts';
import { listTargetsByRule, putTargets, removeTargets } from './targets.ts';
import { testEventPattern } from './test-event-pattern.ts';

export interface EventsService extends Service, Closeable {
  /** Rows of rules and buses that were not what had been written. */
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
  /** Has the buses that events are put on, in the place of ours. */
  readonly upstream?: Upstream | undefined;
}

export async function openEventsService(deps: EventsDeps): Promise<EventsService> {
  const { store, clock, ids, logger, upstream } = deps;
  await store.migrate('events', eventsMigrations);
  const rules = await RecordRepository.open<RuleKey, RuleRecord>(
    store,
    { table: 'events_rules', arnOf: ruleArn },
    logger,
  );
  const buses = await RecordRepository.open<NamedKey, BusRecord>(
    store,
    { table: 'events_buses', arnOf: busArn },
    logger,
  );
  let deliveries: Rounds | undefined;
  let scheduler: Rounds | undefined;
  const onFired = (): void => {
    deliveries?.look();
  };
  const room = { rules, buses, clock, forwards: upstream !== undefined };
  const publisher = createPublisher(room, onFired);
  return {
    ...serviceOf('events', [
      ...operationsOf(room),
      upstream === undefined ? putEvents({ room, publisher, ids }) : forwardEvents(upstream),
    ]),
    get damagedRows() {
      return rules.damagedRows + buses.damagedRows;
    },
    start: async () => {
      deliveries = startDeliveries(deps, ruleDeliveries);
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
    createEventBus(room),
    deleteEventBus(room),
    deleteRule(room),
    describeEventBus(room),
    describeRule(room),
    disableRule(room),
    enableRule(room),
    listEventBuses(room),
    listRuleNamesByTarget(room),
    listRules(room),
    listTagsForResource(room),
    listTargetsByRule(room),
    putPermission(room),
    putRule(room),
    putTargets(room),
    removePermission(room),
    removeTargets(room),
    tagResource(room),
    testEventPattern(),
    untagResource(room),
    updateEventBus(room),
  ];
}
