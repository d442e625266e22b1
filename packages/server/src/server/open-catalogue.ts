/** Opens the catalogue of runtimes for this machine. */
import path from 'node:path';
import { openRuntimeCatalogue, type RuntimeCatalogue } from '@hearth/runtimes';
import type { Config } from '../config/options.ts';
import type { Logger } from '../lib/logger.ts';
import { architectureHere } from './open-images.ts';

/** What is read from the process's surroundings, once, by `main.ts`. */
export interface Host {
  /** The value of PATH: where interpreters are looked for. */
  readonly searchPath: string;
  readonly homeFolder: string;
  readonly pyenvRoot: string | undefined;
}

export function openCatalogue({
  config,
  host,
  logger,
}: {
  readonly config: Config;
  readonly host: Host;
  readonly logger: Logger;
}): Promise<RuntimeCatalogue> {
  return openRuntimeCatalogue({
    cacheFolder: config.cacheDir,
    architecture: architectureHere(),
    nodeModulesFolder: path.resolve(import.meta.dirname, '../../../../node_modules'),
    onProgress: (sentence) => logger.info('runtime.progress', { sentence }),
    searchPath: host.searchPath,
    homeFolder: host.homeFolder,
    ...(host.pyenvRoot === undefined ? {} : { pyenvRoot: host.pyenvRoot }),
  });
}
