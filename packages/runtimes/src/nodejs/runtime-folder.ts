import { createHash } from 'node:crypto';
import { chmod, cp, readFile, readdir, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { buildOnce } from '../build-once.ts';
import { inOneFile } from './one-file.ts';

/** The SDK clients that a function finds without bringing them: those of what Hearth serves or forwards. */
const carriedPackages = [
  '@aws-sdk/client-lambda',
  '@aws-sdk/client-iam',
  '@aws-sdk/client-sqs',
  '@aws-sdk/client-sns',
  '@aws-sdk/client-eventbridge',
  '@aws-sdk/client-sts',
  '@aws-sdk/client-cloudwatch-logs',
  '@aws-sdk/client-s3',
  '@aws-sdk/client-xray',
];

const MAIN = 'index.cjs';
const bootstrapFolder = path.join(import.meta.dirname, 'runtime');

interface Package {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
  /** Where it lies below node_modules: `a`, or `a/node_modules/b` for a second version of b. */
  readonly place: string;
}

/**
 * What is mounted at /var/runtime: our bootstrap, and in node_modules the SDK clients with all
 * that they need. One folder for each content, named by its hash.
 */
export async function buildRuntimeFolder(options: {
  readonly cacheFolder: string;
  readonly nodeModulesFolder: string;
}): Promise<string> {
  const packages = await closureOf(carriedPackages, options.nodeModulesFolder);
  const name = await nameOf(packages);
  return buildOnce(path.join(options.cacheFolder, 'nodejs', name), async (temporary) => {
    await writeBootstrap(temporary);
    for (const each of packages) {
      await cp(each.folder, path.join(temporary, 'node_modules', each.place), {
        recursive: true,
        filter: (source) => source === each.folder || path.basename(source) !== 'node_modules',
      });
    }
    await chmod(temporary, 0o755);
  });
}

/** Its modules in one file, the others as they are. */
async function writeBootstrap(folder: string): Promise<void> {
  const { modules, others } = await bootstrapNames();
  await Promise.all(
    others.map((name) => cp(path.join(bootstrapFolder, name), path.join(folder, name))),
  );
  await writeFile(path.join(folder, MAIN), await inOneFile(bootstrapFolder, MAIN, modules));
}

/** In the same order on every machine. */
async function bootstrapNames(): Promise<Record<'modules' | 'others', readonly string[]>> {
  const names = (await readdir(bootstrapFolder)).toSorted();
  const isModule = (name: string): boolean => name.endsWith('.cjs');
  return { modules: names.filter(isModule), others: names.filter((name) => !isModule(name)) };
}

async function closureOf(
  names: readonly string[],
  nodeModulesFolder: string,
): Promise<readonly Package[]> {
  const found = new Map<string, Package>();
  const visit = async (name: string, fromFolder: string): Promise<void> => {
    const folder = findPackage(name, fromFolder);
    // An optional dependency that is not installed is not carried.
    if (folder === undefined || found.has(folder)) return;
    const manifest = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8')) as {
      version: string;
      dependencies?: Record<string, string>;
    };
    const relative = path.relative(nodeModulesFolder, folder);
    // Found further up than the given folder: it takes its plain place in the new one.
    const place = relative.startsWith('..') ? name : relative;
    found.set(folder, { name, version: manifest.version, folder, place });
    for (const each of Object.keys(manifest.dependencies ?? {})) await visit(each, folder);
  };
  for (const name of names) await visit(name, nodeModulesFolder);
  return [...found.values()];
}

function findPackage(name: string, fromFolder: string): string | undefined {
  const lookups = createRequire(path.join(fromFolder, 'any.js')).resolve.paths(name) ?? [];
  for (const folder of lookups) {
    const manifest = path.join(folder, name, 'package.json');
    if (existsSync(manifest)) return path.dirname(manifest);
  }
  return undefined;
}

async function nameOf(packages: readonly Package[]): Promise<string> {
  const hash = createHash('sha256');
  const { modules, others } = await bootstrapNames();
  for (const file of others) {
    hash.update(`${file}\n`).update(await readFile(path.join(bootstrapFolder, file)));
  }
  hash.update(await inOneFile(bootstrapFolder, MAIN, modules));
  for (const { place, version } of packages) hash.update(`${place}@${version}\n`);
  return `runtime-${hash.digest('hex').slice(0, 16)}`;
}
