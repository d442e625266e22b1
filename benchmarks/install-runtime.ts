/** A managed runtime as the server has it, for the controls that run it without a server. */
import os from 'node:os';
import path from 'node:path';
import { openRuntimeCatalogue, type RuntimeInstallation } from '@hearth/runtimes';
import { repository } from '../packages/testkit/src/start-server.ts';

export async function installRuntime(runtime: string): Promise<RuntimeInstallation> {
  const catalogue = await openRuntimeCatalogue({
    cacheFolder: path.join(os.tmpdir(), 'hearth-test-cache'),
    architecture: process.arch === 'arm64' ? 'arm64' : 'x86_64',
    nodeModulesFolder: path.join(repository, 'node_modules'),
    onProgress: () => {},
    searchPath: process.env['PATH'] ?? '',
    homeFolder: os.homedir(),
  });
  return catalogue.install(runtime);
}
