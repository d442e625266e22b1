import { createHash } from 'node:crypto';
import { chmod, cp, readFile, readdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { buildOnce } from '../build-once.ts';

/** The SDK clients that a function finds without bringing them: those of what Hearth serves. */
const carriedPackages = [
  '@aws-sdk/client-lambda',
  '@aws-sdk/client-iam',
  '@aws-sdk/client-sqs',
  '@aws-sdk/client-eventbridge',
  '@aws-sdk/client-sts',
  '@aws-sdk/client-cloudwatch-logs',
  '@aws-sdk/client-s3',
];

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
    await cp(bootstrapFolder, temporary, { recursive: true });
    for (const each of packages) {
      await cp(each.folder, path.join(temporary, 'node_modules', each.place), {
        recursive: true,
        filter: (source) => source === each.folder || path.basename(source) !== 'node_modules',
      });
    }
    await chmod(temporary, 0o755);
  });
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
  for (const file of (await readdir(bootstrapFolder)).sort()) {
    hash.update(`${file}\n`).update(await readFile(path.join(bootstrapFolder, file)));
  }
  for (const { place, version } of packages) hash.update(`${place}@${version}\n`);
  return `runtime-${hash.digest('hex').slice(0, 16)}`;
}
