/** The catalogue that tests use: one cache for all of them, kept between runs. */
import os from 'node:os';
import path from 'node:path';
import { openRuntimeCatalogue } from './catalogue.ts';
import { RuntimeUnavailable } from './runtime-catalogue.ts';
import type { RuntimeCatalogue, RuntimeInstallation } from './runtime-catalogue.ts';

const nodeModulesFolder = path.resolve(import.meta.dirname, '../../../node_modules');

export const sampleFunctions: string = path.resolve(
  import.meta.dirname,
  '../../testkit/src/functions',
);

export async function openInTest(): Promise<RuntimeCatalogue> {
  return openRuntimeCatalogue({
    cacheFolder: path.join(nodeModulesFolder, '.cache/hearth-runtimes'),
    architecture: process.arch === 'arm64' ? 'arm64' : 'x86_64',
    nodeModulesFolder,
    onProgress: () => {},
    searchPath: process.env['PATH'] ?? '',
    homeFolder: os.homedir(),
  });
}

/** The installation, or the sentence that says why there is none here. */
export async function tryInstall(
  catalogue: RuntimeCatalogue,
  identifier: string,
): Promise<RuntimeInstallation | string> {
  try {
    return await catalogue.install(identifier);
  } catch (error) {
    if (error instanceof RuntimeUnavailable) return error.message;
    throw error;
  }
}
