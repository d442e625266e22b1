/**
 * The process: reads the command line, starts the server, waits for a signal, drains. Only this
 * file listens to signals, writes to the terminal and sets the exit status.
 */
import { homedir } from 'node:os';
import { ConfigRefused } from './config/config-refused.ts';
import { helpText } from './config/describe-options.ts';
import { readConfig, type Config } from './config/options.ts';
import { createLogger, type Logger } from './lib/logger.ts';
import { version } from './server/release.ts';
import { startServer, type HearthServer } from './server/start-server.ts';
import { welcome } from './server/welcome.ts';

await main();

async function main(): Promise<void> {
  const config = readOptions();
  if (config === undefined) return;
  const logger = createLogger((line) => process.stderr.write(`${line}\n`), config.logLevel);
  const stopped = untilSignal();
  const startedAtMs = performance.now();
  const server = await start(config, logger);
  if (server === undefined) return;
  process.stdout.write(
    welcome({
      version,
      readyAfterMs: performance.now() - startedAtMs,
      endpoint: server.endpoint,
      isolation: server.isolation,
      isolationWarning: server.isolationWarning,
      network: server.network,
      networkWarning: server.networkWarning,
      dataFolder: config.dataDir,
      hasColour: process.stdout.isTTY && process.env['NO_COLOR'] === undefined,
    }),
  );
  await stopped;
  await stop(server, logger);
}

/** Undefined where the command line asked for words instead of a server, or was refused. */
function readOptions(): Config | undefined {
  try {
    const config = readConfig(process.argv.slice(2), process.env);
    if (config.command === 'help') process.stdout.write(helpText());
    if (config.command === 'version') process.stdout.write(`hearth ${version}\n`);
    return config.command === 'serve' ? config : undefined;
  } catch (error) {
    if (!(error instanceof ConfigRefused)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
    return undefined;
  }
}

async function start(config: Config, logger: Logger): Promise<HearthServer | undefined> {
  try {
    return await startServer(
      config,
      {
        searchPath: process.env['PATH'] ?? '',
        homeFolder: homedir(),
        pyenvRoot: process.env['PYENV_ROOT'],
      },
      logger,
    );
  } catch (error) {
    // What a person can act on is a sentence; the whole error is there for debugging.
    logger.debug('start.failed', { error });
    process.stderr.write(`Hearth could not start: ${sentenceOf(error)}\n`);
    process.exitCode = 1;
    return undefined;
  }
}

function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, port } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE') {
    return `port ${port} is taken by another program. Choose another with --port (0 takes any free one).`;
  }
  return error.message;
}

function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
      process.once(signal, () => resolve());
    }
  });
}

async function stop(server: HearthServer, logger: Logger): Promise<void> {
  process.stderr.write('Draining; again to stop at once.\n');
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(1));
  try {
    await server.close();
  } catch (error) {
    logger.error('stop.failed', { error });
    process.exitCode = 1;
  }
  process.exit();
}
