/**
 * The images of functions: which one an address stands for when a function gets it, everything that it
 * takes to run that one, and giving it up when no function has it any more.
 */
import type { ImageStore } from '../../../code/images/image-store.ts';
import type { CallAs } from '../../../core/call-as.ts';
import type { Architecture } from '../../../core/function-version.ts';
import {
  checkImageTypes,
  chooseManifest,
  parseManifest,
  type ImageManifest,
} from '../../../core/image/image-manifest.ts';
import { UnsupportedImage } from '../../../core/image/read-json.ts';
import type { OperationContext } from '../../../core/operation.ts';
import type { ImageSettings } from '../../../functions/function-record.ts';
import { closeable, type Closeable } from '../../../lib/lifetime.ts';
import type { Logger } from '../../../lib/logger.ts';
import type { ImageRegistry } from '../../../registry/image-registry.ts';
import type { ImageAddress as AskedImage } from '../../../registry/find-image.ts';
import type { RemoteRegistry } from '../../../registry/remote-registry.ts';
import type { RepositoryKey } from '../../../registry/repository.ts';
import { invalidParameter } from '../lambda-errors.ts';
import { readOwnManifest, type ReadManifest } from './ecr-access.ts';
import { ecrRegistryOf, isOwnHost, parseImageAddress, type ImageAddress } from './image-address.ts';
import { ImageProblem } from './image-problem.ts';
import { keepImage } from './keep-image.ts';
import { pullImage, readRemoteManifest } from './pull-image.ts';

export interface FunctionImages extends Closeable {
  /** Which image it is now. Throws AWS's error where there is none, or Lambda may not read it. */
  resolve(uri: string, asker: ImageAsker): Promise<ResolvedImage>;
  /** Resolves when it can be run at once. Rejects with `ImageProblem`, or a fault of the platform. */
  prepare(image: ImageSettings): Promise<void>;
  /** It has lost a reference: removed after a while (environments may still run it), unless it has one then. */
  remove(digest: string, isReferenced: () => boolean): void;
  /** Removes all that is not referenced: what a dead server left. For the start only. */
  retainOnly(isReferenced: (digest: string) => boolean): Promise<void>;
}

export interface ImageAsker {
  readonly context: OperationContext;
  readonly functionArn: string;
}

export type ResolvedImage = Required<Pick<ImageSettings, 'digest'>> &
  Pick<ImageSettings, 'repository'>;

export interface FunctionImagesDeps {
  readonly registry: ImageRegistry;
  readonly images: ImageStore;
  readonly callAs: CallAs;
  /** Other registries, by their hosts. */
  readonly remotes: ReadonlyMap<string, RemoteRegistry>;
  readonly architecture: Architecture;
  readonly logger: Logger;
  /** A sentence where this machine runs none. */
  readonly problem?: string | undefined;
  readonly removalDelayMs: number;
}

export function createFunctionImages(deps: FunctionImagesDeps): FunctionImages {
  const removals = new Map<string, NodeJS.Timeout>();
  const giveUp = async (digest: string, isReferenced: () => boolean): Promise<void> => {
    if (isReferenced()) return;
    await deps.registry.release(digest);
    await deps.images.collect();
  };
  return {
    resolve: (uri, asker) => resolve(deps, uri, asker),
    prepare: (image) => prepare(deps, image),
    remove: (digest, isReferenced) => {
      clearTimeout(removals.get(digest));
      const timer = setTimeout(() => {
        removals.delete(digest);
        giveUp(digest, isReferenced).catch((error: unknown) => {
          // The next start removes what is left.
          deps.logger.error('image was not removed', { digest, error });
        });
      }, deps.removalDelayMs);
      removals.set(digest, timer.unref());
    },
    retainOnly: async (isReferenced) => {
      const unused = deps.registry.keptDigests().filter((digest) => !isReferenced(digest));
      for (const digest of unused) await deps.registry.release(digest);
      await deps.images.collect();
    },
    ...closeable(async () => {
      for (const timer of removals.values()) clearTimeout(timer);
    }),
  };
}

async function resolve(
  deps: FunctionImagesDeps,
  uri: string,
  { context, functionArn }: ImageAsker,
): Promise<ResolvedImage> {
  const address = parseImageAddress(uri);
  if (address === undefined) throw notValid(uri);
  const { tag = '', digest } = address;
  const asked = digest === undefined ? { imageTag: tag } : { imageDigest: digest };
  const repository = repositoryOf(address, context);
  const remote = deps.remotes.get(address.host);
  if (repository === undefined && remote !== undefined) {
    const read: ReadImage = (each) =>
      readRemoteManifest(remote, address, each.imageDigest ?? each.imageTag ?? '');
    return { digest: await digestOfNow(deps, uri, asked, read) };
  }
  if (repository === undefined || repository.region !== context.region) throw notValid(uri);
  const reader = { callAs: deps.callAs, context, functionArn };
  const read: ReadImage = (each) => readOwnManifest(reader, repository, each);
  return { digest: await digestOfNow(deps, uri, asked, read), repository };
}

type ReadImage = (asked: AskedImage) => Promise<ReadManifest | undefined>;

/** Of an index that of the image for this machine. */
async function digestOfNow(
  { architecture }: FunctionImagesDeps,
  uri: string,
  asked: AskedImage,
  read: ReadImage,
): Promise<string> {
  const found = await read(asked);
  if (found === undefined) throw notThere(uri);
  try {
    const manifest = parseManifest(found.bytes, found.mediaType);
    if (manifest.kind === 'image') {
      checkImageTypes(manifest);
      return found.digest;
    }
    const chosen = chooseManifest(manifest, architecture);
    if (chosen === undefined) {
      throw new UnsupportedImage(`It has no image for linux on ${architecture}.`);
    }
    const image = await read({ imageDigest: chosen.digest });
    if (image === undefined) throw notThere(uri);
    checkImageTypes(parseManifest(image.bytes, image.mediaType) as ImageManifest);
    return image.digest;
  } catch (error) {
    if (!(error instanceof UnsupportedImage)) throw error;
    // As users of AWS have posted it.
    throw invalidParameter(
      `The image manifest, config or layer media type for the source image ${uri} is not supported.`,
      error,
    );
  }
}

function repositoryOf(
  { host, name }: ImageAddress,
  { account, region, endpoint }: OperationContext,
): RepositoryKey | undefined {
  const ecr = ecrRegistryOf(host);
  if (ecr !== undefined) return { ...ecr, name };
  return isOwnHost(host, endpoint) ? { account, region, name } : undefined;
}

async function prepare(deps: FunctionImagesDeps, image: ImageSettings): Promise<void> {
  const { digest, repository, uri } = image;
  if (deps.problem !== undefined) throw new ImageProblem('InternalError', deps.problem);
  if (digest === undefined) {
    throw new ImageProblem(
      'InvalidImage',
      'The function is of a release that did not run images. UpdateFunctionCode makes it run.',
    );
  }
  if (repository === undefined) await pull(deps, uri, digest);
  else await keepImage(deps.registry, repository, digest);
  try {
    await deps.images.root(digest);
  } catch (error) {
    if (!(error instanceof UnsupportedImage)) throw error;
    throw new ImageProblem('InvalidImage', error.message, error);
  }
}

async function pull(
  { registry, remotes }: FunctionImagesDeps,
  uri: string,
  digest: string,
): Promise<void> {
  const address = parseImageAddress(uri);
  const remote = remotes.get(address?.host ?? '');
  if (address === undefined || remote === undefined) {
    const message = `The server's options do not name the registry of ${uri} any more.`;
    throw new ImageProblem('ImageAccessDenied', message);
  }
  await pullImage(registry, remote, address, digest);
}

/** Also for public registries and those of other regions. AWS's words. */
export function notValid(uri: string): Error {
  return invalidParameter(`Source image ${uri} is not valid. Provide a valid source image.`);
}

function notThere(uri: string): Error {
  return invalidParameter(`Source image ${uri} does not exist. Provide a valid source image.`);
}
