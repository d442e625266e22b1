import { access, cp, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { buildOnce, isFolder } from '../build-once.ts';
import { RuntimeUnavailable } from '../runtime-catalogue.ts';
import type {
  RuntimeCatalogueOptions,
  RuntimeFamily,
  RuntimeInstallation,
  RuntimeStatus,
} from '../runtime-catalogue.ts';
import { fetchInterpreter, interpreterFolder } from './fetch-interpreter.ts';
import { pinnedInterpreters } from './interpreters.ts';
import type { PinnedInterpreter } from './interpreters.ts';
import { buildRuntimeFolder } from './runtime-folder.ts';

/** nodejs20.x to nodejs26.x: Node at /var/lang, our bootstrap and the AWS SDK at /var/runtime. */
export function createNodejsFamily(options: RuntimeCatalogueOptions): RuntimeFamily {
  const pinnedOf = (identifier: string): PinnedInterpreter => {
    const pinned = pinnedInterpreters.find((each) => each.identifier === identifier);
    if (pinned === undefined) throw new RuntimeUnavailable(`There is no runtime '${identifier}'.`);
    return pinned;
  };
  return {
    identifiers: pinnedInterpreters.map((each) => each.identifier),
    install: async (identifier) => installationOf(pinnedOf(identifier), options),
    status: async (identifier) => statusOf(pinnedOf(identifier), options),
  };
}

async function installationOf(
  pinned: PinnedInterpreter,
  options: RuntimeCatalogueOptions,
): Promise<RuntimeInstallation> {
  const { identifier, major, disabledFeatures } = pinned;
  const interpreter = runsThisProcess(pinned)
    ? await ownInterpreter(options)
    : await fetchInterpreter(pinned, options);
  const runtime = await buildRuntimeFolder(options);
  const node = '/var/lang/bin/node';
  const script = '/var/runtime/index.cjs';
  return {
    identifier,
    versionLabel: `nodejs:${major}.v1`,
    argv:
      disabledFeatures.length === 0
        ? [node, script]
        : ['/bin/sh', '/var/runtime/launch.sh', node, script, ...disabledFeatures],
    env: {
      NODE_PATH: `/opt/nodejs/node${major}/node_modules:/opt/nodejs/node_modules:/var/runtime/node_modules:/var/runtime:/var/task`,
    },
    mounts: [
      { source: interpreter, target: '/var/lang' },
      { source: runtime, target: '/var/runtime' },
    ],
  };
}

async function statusOf(
  pinned: PinnedInterpreter,
  options: RuntimeCatalogueOptions,
): Promise<RuntimeStatus> {
  const { identifier, version } = pinned;
  if (runsThisProcess(pinned)) {
    const detail = `Node ${process.versions.node}, the one that runs Hearth.`;
    return { identifier, isAvailable: true, detail };
  }
  const folder = interpreterFolder(pinned, options);
  if (await isFolder(folder))
    return { identifier, isAvailable: true, detail: `Node ${version} at ${folder}.` };
  if (await hasNpm(options.searchPath)) {
    const detail = `Node ${version} will be fetched with npm on first use.`;
    return { identifier, isAvailable: true, detail };
  }
  const detail = `Node ${version} is not here, and npm, which would fetch it, is not on the PATH.`;
  return { identifier, isAvailable: false, detail };
}

function runsThisProcess({ major }: PinnedInterpreter): boolean {
  return Number(process.versions.node.split('.')[0]) === major;
}

/**
 * The folder above `bin/node` where it holds a Node alone (npm's platform package); a Node that
 * is installed among other programs is copied out of there, so that only it shows inside.
 */
async function ownInterpreter(options: RuntimeCatalogueOptions): Promise<string> {
  const folder = path.dirname(path.dirname(process.execPath));
  if (/^node-linux-(?:x64|arm64)$/.test(path.basename(folder))) return folder;
  const copy = path.join(options.cacheFolder, 'nodejs', `own-${process.versions.node}`);
  return buildOnce(copy, async (temporary) => {
    await mkdir(path.join(temporary, 'bin'));
    await cp(process.execPath, path.join(temporary, 'bin/node'));
  });
}

async function hasNpm(searchPath: string): Promise<boolean> {
  const tries = searchPath.split(':').map((folder) => access(path.join(folder, 'npm')));
  return Promise.any(tries).then(
    () => true,
    () => false,
  );
}
