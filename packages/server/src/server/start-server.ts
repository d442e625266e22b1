/**
 * The composition root: opens the rooms in the order of their layers and closes them in reverse.
 * What is wired late (the gateway implements ports that rooms below it need) is wired here and
 * nowhere else.
 */
import { availableParallelism } from 'node:os';
import path from 'node:path';
import type { RuntimeCatalogue } from '@hearth/runtimes';
import { openCodeStore, type CodeStore } from '../code/code-store.ts';
import type { Config } from '../config/options.ts';
import type { CallAs } from '../core/call-as.ts';
import { parseDestinations } from '../core/destination.ts';
import type { Service } from '../core/operation.ts';
import type { RoleSessions } from '../core/role-sessions.ts';
import {
  openCodeSigningConfigs,
  type CodeSigningConfigs,
} from '../functions/code-signing-configs.ts';
import {
  openEventSourceMappings,
  type EventSourceMappings,
} from '../functions/event-source-mappings.ts';
import {
  openFunctionRepository,
  type FunctionRepository,
} from '../functions/function-repository.ts';
import { accountPath } from '../gateway/account-path.ts';
import { openLayerRepository, type LayerRepository } from '../functions/layer-repository.ts';
import { createCallAs } from '../gateway/create-call-as.ts';
import { denialsPath } from '../gateway/denials-path.ts';
import { healthPath, indexPath, metricsPath } from '../gateway/own-paths.ts';
import { serve } from '../gateway/served-service.ts';
import { startGateway, type Gateway } from '../gateway/start-gateway.ts';
import { openIdentities, type Identities } from '../iam/identities.ts';
import { openKeyFile } from '../iam/key-file.ts';
import { createRoleSessions } from '../iam/role-sessions.ts';
import { createSecretBox } from '../iam/secret-box.ts';
import { openWebIdentityKeys, type WebIdentityKeys } from '../iam/web-identity-keys.ts';
import { startInvoker, type StartedInvoker } from '../invoke/start-invoker.ts';
import { systemClock, type Clock } from '../lib/clock.ts';
import { randomIds, type Ids } from '../lib/ids.ts';
import { closeable, type Closeable } from '../lib/lifetime.ts';
import type { Logger } from '../lib/logger.ts';
import { openObjectStore, type ObjectStore } from '../objects/object-store.ts';
import type { LogStore } from '../observe/log-store/log-store.ts';
import { openLogStore } from '../observe/open-log-store.ts';
import { startSandboxDriver } from '../sandbox/choose-driver.ts';
import type { SandboxDriver } from '../sandbox/driver.ts';
import { goFirst } from '../sandbox/go-first.ts';
import { describeNetwork, warnOfNetwork } from '../sandbox/network/policy.ts';
import { createEcrService } from '../services/ecr/service.ts';
import { createIamService } from '../services/iam/service.ts';
import { createFunctionImages } from '../services/lambda/images/function-images.ts';
import { createLambdaService, type LambdaService } from '../services/lambda/service.ts';
import { createLogsService } from '../services/logs/service.ts';
import { startEventOutbox } from '../services/s3/event-outbox.ts';
import { startLifecycle } from '../services/s3/lifecycle-runner.ts';
import { createForwardedBuckets } from '../services/s3/forwarded-buckets.ts';
import { createS3Service, type S3Service } from '../services/s3/service.ts';
import { createStsService } from '../services/sts/service.ts';
import { openXrayService, type XrayService } from '../services/xray/service.ts';
import { METRICS_CONTENT_TYPE } from '../observe/prometheus/write-metrics.ts';
import { openStore } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';
import type { DurableQueue } from '../store/queue/durable-queue.ts';
import { openDurableQueue } from '../store/queue/open-durable-queue.ts';
import { createHealthReport } from './health.ts';
import { createMetricsReport } from './metrics.ts';
import { openCatalogue, type Host } from './open-catalogue.ts';
import { architectureHere, openImages, openRemotes, type ImagesState } from './open-images.ts';
import { openMessaging, type Messaging } from './open-messaging.ts';
import { poolBudgetMib } from './machine-memory.ts';
import { version } from './release.ts';
import { createUpstreams, type Upstreams } from './upstreams.ts';

export interface HearthServer extends Closeable {
  readonly endpoint: string;
  readonly isolation: string;
  /** Why functions are not isolated, where they are not. */
  readonly isolationWarning: string | undefined;
  /** What functions reach: `the public internet, host:5432`. */
  readonly network: string;
  /** Why they reach less, or more, than was asked for. */
  readonly networkWarning: string | undefined;
}

export async function startServer(
  config: Config,
  host: Host,
  logger: Logger,
): Promise<HearthServer> {
  await using started = new AsyncDisposableStack();
  const upstreams = createUpstreams(config);
  const surroundings = { config, host, logger, upstreams };
  const root: Root = { ...surroundings, clock: systemClock, ids: randomIds, parts: started };
  const late: Late = { callAs: undefined, gateway: undefined };
  const state = await openState(root, late);
  const execution = await startExecution(root, state, late);
  const gateway = await startServing(root, state, execution, late);

  const everything = started.move();
  return {
    endpoint: gateway.endpoint,
    isolation: execution.driver.description,
    isolationWarning: execution.isolationWarning,
    network: describeNetwork(execution.driver.network),
    networkWarning: execution.networkWarning,
    ...closeable(() => everything.disposeAsync()),
  };
}

interface Root {
  readonly config: Config;
  readonly host: Host;
  readonly upstreams: Upstreams;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Everything that is to be closed, in reverse. */
  readonly parts: AsyncDisposableStack;
}

/** What rooms need before the gateway, which implements it, can exist. */
interface Late {
  callAs: CallAs | undefined;
  gateway: Gateway | undefined;
}

/** What is kept on disk. */
interface State extends Messaging {
  readonly stores: Readonly<Record<'main' | 'queue', Store>>;
  readonly xray: XrayService;
  readonly queue: DurableQueue;
  readonly identities: Identities;
  readonly webIdentityKeys: WebIdentityKeys;
  readonly roles: RoleSessions;
  readonly logs: LogStore;
  readonly code: CodeStore;
  readonly objects: ObjectStore;
  readonly containers: ImagesState;
  readonly functions: FunctionRepository;
  readonly layers: LayerRepository;
  readonly codeSigning: CodeSigningConfigs;
  readonly mappings: EventSourceMappings;
}

async function openState(root: Root, late: Late): Promise<State> {
  const { config, logger, clock, ids, parts } = root;
  const folder = (name: string): string => path.join(config.dataDir, name);
  const store = parts.use(await openStore({ path: folder('hearth.sqlite'), logger }));
  const secretsKey = await openKeyFile(folder('secrets.key'), ids);
  const identities = await openIdentities({
    store,
    clock,
    ids,
    logger,
    secretsKey,
  });
  // In a store of its own: much that waits does not slow what is administered.
  const waiting = parts.use(
    await openStore({ path: folder('queue.sqlite'), logger, hasJournal: true }),
  );
  const queue = parts.use(await openDurableQueue({ store: waiting, clock, ids, logger }));
  return {
    stores: { main: store, queue: waiting },
    ...(await openMessaging({ ...root, store, messages: queue, callAs: callAsOf(late) })),
    xray: parts.use(await openXrayService({ store, clock, logger })),
    identities,
    webIdentityKeys: await openWebIdentityKeys(config.webIdentityKeys),
    queue,
    roles: createRoleSessions({ identities, ids }),
    logs: parts.use(await openLogStore({ folder: folder('logs'), store, clock, logger })),
    code: parts.use(await openCodeStore({ folder: folder('code'), logger, limits: config.limits })),
    functions: await openFunctionRepository({
      store,
      logger,
      secrets: createSecretBox(secretsKey, ids),
    }),
    layers: await openLayerRepository({ store, logger }),
    containers: await openImages({ ...root, dataFolder: config.dataDir, store }),
    codeSigning: await openCodeSigningConfigs({ store, logger }),
    mappings: await openEventSourceMappings({ store, logger }),
    objects: parts.use(
      await openObjectStore({ folder: folder('objects'), store, clock, ids, logger }),
    ),
  };
}

/** What runs functions. */
interface Execution {
  readonly runtimes: RuntimeCatalogue;
  readonly driver: SandboxDriver;
  readonly isolationWarning: string | undefined;
  readonly networkWarning: string | undefined;
  readonly invoker: StartedInvoker;
}

async function startExecution(root: Root, state: State, late: Late): Promise<Execution> {
  const { config, logger, clock, ids, parts } = root;
  const runtimes = await openCatalogue(root);
  const { driver, warning } = await startSandboxDriver({
    isolation: config.isolation,
    ociRuntime: config.ociRuntime,
    // The options accept no other address while the key test/test exists.
    isLoopbackOnly: true,
    isRoot: process.getuid?.() === 0,
    folder: path.join(config.dataDir, 'sandboxes'),
    network: { mode: config.network, allow: parseDestinations(config.networkAllow) ?? [] },
    clock,
    logger,
  });
  parts.use(driver);
  if (driver.isolation === 'oci') parts.use(goFirst());
  const { network } = driver;
  if (config.network === 'public' && network.kind === 'none') throw new Error(network.reason);
  const invoker = await startInvoker({
    driver,
    runtimes,
    volumes: {
      volume: (code) => state.code.volume(code),
      layerVolume: (layers) => state.code.layerVolume(layers),
      image: (digest) => state.containers.images.root(digest),
    },
    roles: state.roles,
    callAs: callAsOf(late),
    acceptAwsConnection: (socket, sandboxId) =>
      present(late.gateway).acceptFromSandbox(socket, sandboxId),
    clock,
    ids,
    logger,
    settings: {
      idleTimeoutMs: config.idleTimeoutSeconds * 1000,
      maxAgeMs: config.maxAgeSeconds * 1000,
      reuse: config.reuse,
      accountConcurrency: config.concurrency,
      limits: config.limits,
      streamBytesPerSecond: config.streamRate * 1_048_576,
      shutdownGraceMs: config.shutdownGraceSeconds * 1000,
      bootedOfEach: config.pool,
      parked: config.parked,
      poolBudgetMib,
      processors: availableParallelism(),
    },
  });
  return {
    runtimes,
    driver,
    isolationWarning: warning,
    networkWarning: warnOfNetwork(config.network, network),
    invoker: parts.use(invoker),
  };
}

async function startServing(
  root: Root,
  state: State,
  execution: Execution,
  late: Late,
): Promise<Gateway> {
  const { config, logger, clock, ids, parts } = root;
  const { identities, objects, sqs } = state;
  const lambda = startLambda(root, state, execution, late);
  await lambda.resume();
  const s3 = startS3(root, objects, late);
  const services = serve([lambda, s3, ...servicesOfState(root, state)]);
  const endpoint = (): string => present(late.gateway).endpoint;
  late.callAs = createCallAs({ identities, services, ids, endpoint });
  const health = createHealthReport({
    ...execution,
    version,
    services: [...services.keys()],
    clock,
    damage: () => damageOf(state),
    asynchronous: () => lambda.asyncCounts,
    troubledMappings: () => lambda.troubledMappings(),
  });
  const metrics = createMetricsReport({
    ...execution,
    version,
    clock,
    lambda: () => lambda.counts(),
    stores: state.stores,
    damage: () => damageOf(state),
  });
  const ownPaths = [
    indexPath(version),
    healthPath(health),
    metricsPath(metrics, METRICS_CONTENT_TYPE),
    accountPath({ identities, ids }),
    denialsPath(identities),
    lambda.answerOwnPath,
    lambda.answerImport,
  ];
  const doors = {
    corsOf: s3.corsOf,
    functionUrls: lambda.functionUrls,
    images: state.containers,
  };
  const gateway = await startGateway(
    { identities, services, clock, ids, logger, limits: config.limits, ownPaths, ...doors },
    { host: config.host, port: config.port, graceMs: config.shutdownGraceSeconds * 1000 },
  );
  late.gateway = gateway;
  lambda.provision();
  await state.events.start();
  state.topics.start?.();
  parts.use(gateway);
  // First of all: a caller that waits for a message would be waited for.
  parts.defer(() => sqs.endWaits());
  // Before that even: pollers are callers too, whose batches still need everything.
  parts.defer(() => lambda.stopPolling());
  return gateway;
}

function startLambda(
  root: Root,
  state: State,
  { runtimes, invoker, driver }: Execution,
  late: Late,
): LambdaService {
  const { config, clock, ids, logger, parts } = root;
  const images = createFunctionImages({
    ...state.containers,
    callAs: callAsOf(late),
    remotes: openRemotes(config.registries),
    architecture: architectureHere(),
    logger,
    problem: driver.changesRoot ? undefined : NO_IMAGES,
    removalDelayMs: (config.limits.timeoutSeconds + REMOVAL_MARGIN_SECONDS) * 1_000,
  });
  const lambda = createLambdaService({
    ...state,
    images: parts.use(images),
    callAs: callAsOf(late),
    runtimes,
    invoker,
    clock,
    ids,
    logger,
    accountConcurrency: config.concurrency,
    limits: config.limits,
    drainMs: config.shutdownGraceSeconds * 1_000,
    asyncRetryMs: config.asyncRetrySeconds * 1_000,
    inactiveAfterMs: config.inactiveAfterDays * 86_400_000,
  });
  return parts.use(lambda);
}

const NO_IMAGES =
  'Container images need isolation by crun or runc, which this server does not have.';
/** After the longest invocation: for the end of its environment. */
const REMOVAL_MARGIN_SECONDS = 60;

/** The services that need nothing that runs. */
function servicesOfState({ clock, ids }: Root, state: State): readonly Service[] {
  const { identities, logs, webIdentityKeys, sqs, events, topics, xray } = state;
  return [
    createIamService({ identities, clock, ids }),
    createStsService({ identities, clock, ids, webIdentityKeys }),
    createLogsService({ logs, clock }),
    sqs,
    events,
    xray,
    createEcrService({ ...state.containers, identities, clock, ids }),
    topics,
  ];
}

/** Records that were not what had been written, by their kind. */
function damageOf(state: State): Readonly<Record<string, number>> {
  return {
    functionRows: state.functions.quarantinedRows,
    eventSourceMappingRows: state.mappings.damagedRows,
    layerRows: state.layers.damagedRows,
    logRecords: state.logs.damagedRecords,
    queueEntries: state.queue.quarantined,
    queueRows: state.sqs.damagedRows,
    ruleRows: state.events.damagedRows,
    imageRows: state.containers.registry.damagedRows,
    topicRows: state.topics.damagedRows ?? 0,
  };
}

function startS3(root: Root, objects: ObjectStore, late: Late): S3Service {
  const { clock, ids, logger, parts } = root;
  const callAs = callAsOf(late);
  const { s3: upstream } = root.upstreams;
  if (upstream !== undefined) {
    return createForwardedBuckets({ objects, clock, ids, logger, callAs }, upstream);
  }
  const events = parts.use(startEventOutbox({ store: objects.store, callAs, clock, logger }));
  parts.use(startLifecycle({ objects, events, clock, logger }));
  return createS3Service({
    objects,
    clock,
    ids,
    logger,
    callAs,
    events,
    hasEventBuses: root.upstreams.events === undefined,
  });
}

/** For rooms that call nobody before everything is wired. */
function callAsOf(late: Late): CallAs {
  return (...call) => present(late.callAs)(...call);
}

function present<Part>(part: Part | undefined): Part {
  if (part === undefined) throw new Error('A room was used before the server had started.');
  return part;
}
