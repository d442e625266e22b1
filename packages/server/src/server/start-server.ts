/**
 * The composition root: opens the rooms in the order of their layers and closes them in reverse.
 * What is wired late (the gateway implements ports that rooms below it need) is wired here and
 * nowhere else.
 */
import path from 'node:path';
import { openRuntimeCatalogue, type RuntimeCatalogue } from '@hearth/runtimes';
import { openCodeStore } from '../code/code-store.ts';
import type { Config } from '../config/options.ts';
import type { CallAs } from '../core/call-as.ts';
import { openFunctionRepository } from '../functions/function-repository.ts';
import { createCallAs } from '../gateway/create-call-as.ts';
import { healthPath } from '../gateway/own-paths.ts';
import { serve } from '../gateway/served-service.ts';
import { startGateway, type Gateway } from '../gateway/start-gateway.ts';
import { openIdentities } from '../iam/identities.ts';
import { createRoleSessions } from '../iam/role-sessions.ts';
import { startInvoker } from '../invoke/start-invoker.ts';
import { systemClock } from '../lib/clock.ts';
import { randomIds } from '../lib/ids.ts';
import { closeable, type Closeable } from '../lib/lifetime.ts';
import type { Logger } from '../lib/logger.ts';
import { openLogStore } from '../observe/open-log-store.ts';
import { startSandboxDriver } from '../sandbox/choose-driver.ts';
import { createIamService } from '../services/iam/service.ts';
import { createLambdaService } from '../services/lambda/service.ts';
import { createLogsService } from '../services/logs/service.ts';
import { createStsService } from '../services/sts/service.ts';
import { openStore } from '../store/open-store.ts';
import { createHealthReport } from './health.ts';
import { version } from './release.ts';

export interface HearthServer extends Closeable {
  readonly endpoint: string;
  readonly isolation: string;
  /** Why functions are not isolated, where they are not. */
  readonly isolationWarning: string | undefined;
}

/** What is read from the process's surroundings, once, by `main.ts`. */
export interface Host {
  /** The value of PATH: where interpreters are looked for. */
  readonly searchPath: string;
  readonly homeFolder: string;
  readonly pyenvRoot: string | undefined;
}

export async function startServer(
  config: Config,
  host: Host,
  logger: Logger,
): Promise<HearthServer> {
  await using started = new AsyncDisposableStack();
  const clock = systemClock;
  const ids = randomIds;
  const folder = (name: string): string => path.join(config.dataDir, name);
  const own = <Each extends Closeable>(part: Each): Each => started.use(part);

  const store = own(await openStore({ path: folder('hearth.sqlite'), logger }));
  const identities = await openIdentities({ store, clock, ids, logger });
  const roles = createRoleSessions({ identities, ids });
  const logStore = own(await openLogStore({ folder: folder('logs'), store, clock, logger }));
  const code = own(await openCodeStore({ folder: folder('code'), logger }));
  const functions = await openFunctionRepository({ store, logger });
  const runtimes = await openCatalogue(config, host, logger);
  const { driver, warning } = await startSandboxDriver({
    isolation: config.isolation,
    ociRuntime: config.ociRuntime,
    isLoopbackOnly: true,
    folder: folder('sandboxes'),
    clock,
    logger,
  });
  own(driver);

  const late: Late = { callAs: undefined, gateway: undefined };
  const invoker = own(
    await startInvoker({
      driver,
      runtimes,
      volumes: code,
      roles,
      callAs: (...call) => present(late.callAs)(...call),
      acceptAwsConnection: (socket) => present(late.gateway).acceptFromSandbox(socket),
      clock,
      ids,
      logger,
      settings: {
        idleTimeoutMs: config.idleTimeoutSeconds * 1000,
        reuse: config.reuse,
        accountConcurrency: config.concurrency,
        shutdownGraceMs: config.shutdownGraceSeconds * 1000,
      },
    }),
  );
  const lambda = own(
    createLambdaService({ functions, code, roles, runtimes, invoker, clock, ids, logger }),
  );
  const services = serve([
    lambda,
    createIamService({ identities, clock, ids }),
    createStsService({ identities, clock, ids }),
    createLogsService({ logs: logStore, clock }),
  ]);
  late.callAs = createCallAs({
    identities,
    services,
    ids,
    endpoint: () => present(late.gateway).endpoint,
  });
  await lambda.resume();
  const health = createHealthReport({
    version,
    driver,
    isolationWarning: warning,
    runtimes,
    invoker,
    clock,
  });
  const gateway = own(
    await startGateway(
      {
        identities,
        services,
        clock,
        ids,
        logger,
        ownPaths: [healthPath(health), lambda.answerOwnPath],
      },
      { host: config.host, port: config.port },
    ),
  );
  late.gateway = gateway;

  const everything = started.move();
  return {
    endpoint: gateway.endpoint,
    isolation: driver.description,
    isolationWarning: warning,
    ...closeable(() => everything.disposeAsync()),
  };
}

/** What rooms need before the gateway, which implements it, can exist. */
interface Late {
  callAs: CallAs | undefined;
  gateway: Gateway | undefined;
}

function present<Part>(part: Part | undefined): Part {
  if (part === undefined) throw new Error('A room was used before the server had started.');
  return part;
}

function openCatalogue(config: Config, host: Host, logger: Logger): Promise<RuntimeCatalogue> {
  return openRuntimeCatalogue({
    cacheFolder: config.cacheDir,
    architecture: process.arch === 'arm64' ? 'arm64' : 'x86_64',
    nodeModulesFolder: path.resolve(import.meta.dirname, '../../../../node_modules'),
    onProgress: (sentence) => logger.info('runtime.progress', { sentence }),
    searchPath: host.searchPath,
    homeFolder: host.homeFolder,
    ...(host.pyenvRoot === undefined ? {} : { pyenvRoot: host.pyenvRoot }),
  });
}
