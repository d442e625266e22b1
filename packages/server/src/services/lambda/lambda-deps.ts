/** What the operations of Lambda work with. */
import type { RuntimeCatalogue } from '@hearth/runtimes';
import type { CodeStore } from '../../code/code-store.ts';
import type { Limits } from '../../core/adjustable-limits.ts';
import type { CallAs } from '../../core/call-as.ts';
import type { Architecture } from '../../core/function-version.ts';
import type { Invoker } from '../../core/invocation.ts';
import type { RoleSessions } from '../../core/role-sessions.ts';
import type { CodeSigningConfigs } from '../../functions/code-signing-configs.ts';
import type { EventPumps } from '../../invoke/async/event-pumps.ts';
import type { EventSourceMappings } from '../../functions/event-source-mappings.ts';
import type { FunctionRepository } from '../../functions/function-repository.ts';
import type { LayerRepository } from '../../functions/layer-repository.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/ids.ts';
import type { KeyedLock } from '../../lib/keyed-lock.ts';
import type { Logger } from '../../lib/logger.ts';
import type { MappingRunner } from '../../sources/mapping-runner.ts';
import type { DurableQueue } from '../../store/queue/durable-queue.ts';
import type { CodeLinks } from './code-links.ts';
import type { IdleWatch } from './idle-watch.ts';
import type { FunctionImages } from './images/function-images.ts';
import type { Settler } from './settler.ts';
import type { Sampler } from './tracing.ts';

export interface LambdaServiceDependencies {
  readonly functions: FunctionRepository;
  readonly layers: LayerRepository;
  readonly codeSigning: CodeSigningConfigs;
  readonly mappings: EventSourceMappings;
  readonly code: CodeStore;
  readonly images: FunctionImages;
  readonly roles: RoleSessions;
  readonly runtimes: RuntimeCatalogue;
  readonly invoker: Invoker;
  /** Reads code from S3 in the caller's name, polls queues in that of functions' roles. */
  readonly callAs: CallAs;
  /** Where asynchronous events wait. */
  readonly queue: DurableQueue;
  /** The pause after the first error of a function; after the second it is twice as long. */
  readonly asyncRetryMs?: number;
  /** How long a closing server waits for batches of event sources. */
  readonly drainMs?: number;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  /** Of this machine, where the process knows it wrongly. */
  readonly architecture?: Architecture;
  /** Invocations at once in one account and region, as the invoker enforces it. */
  readonly accountConcurrency?: number;
  /** AWS's where it is not said. */
  readonly limits?: Limits;
  /** How long a function may be idle before it is Inactive; 0 for as long as it likes. */
  readonly inactiveAfterMs?: number;
  /** At least 0, below 1; decides which version an invocation of a routed alias gets. */
  readonly random?: () => number;
}

/** The same with what the service adds of its own; each operation picks what it needs. */
export interface LambdaRoom extends Required<LambdaServiceDependencies> {
  readonly settler: Settler;
  readonly idleWatch: IdleWatch;
  /** By account and region: two functions must not both take what is left for one of them. */
  readonly concurrencyLock: KeyedLock;
  readonly links: CodeLinks;
  readonly mappingRunner: MappingRunner;
  /** By source: two mappings of it must not both be the only one to a function. */
  readonly mappingLock: KeyedLock;
  readonly events: EventPumps;
  readonly asyncCounts: AsyncCounts;
  readonly sampler: Sampler;
}

/** Since the server has started. */
export interface AsyncCounts {
  destinationDeliveryFailures: number;
  deadLetterErrors: number;
}
