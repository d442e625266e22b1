/** Opens what keeps images: the registry with what comes in, and the folders that sandboxes run. */
import path from 'node:path';
import { openImageStore, type ImageStore } from '../code/images/image-store.ts';
import type { Architecture } from '../core/function-version.ts';
import { parseRegistries } from '../core/registry-list.ts';
import type { Clock } from '../lib/clock.ts';
import type { Ids } from '../lib/ids.ts';
import type { Logger } from '../lib/logger.ts';
import { openImageRegistry, type ImageRegistry } from '../registry/image-registry.ts';
import { createLayerLinks, type LayerLinks } from '../registry/layer-links.ts';
import { RemoteRegistry } from '../registry/remote-registry.ts';
import { openUploads, type Uploads } from '../registry/uploads.ts';
import type { Store } from '../store/store.ts';

export interface ImagesState {
  readonly registry: ImageRegistry;
  readonly uploads: Uploads;
  readonly links: LayerLinks;
  readonly images: ImageStore;
}

export interface ImagesDeps {
  readonly dataFolder: string;
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly parts: AsyncDisposableStack;
}

export async function openImages({
  dataFolder,
  store,
  clock,
  ids,
  logger,
  parts,
}: ImagesDeps): Promise<ImagesState> {
  const folder = path.join(dataFolder, 'registry');
  const registry = parts.use(await openImageRegistry({ folder, store, logger }));
  const images = parts.use(
    await openImageStore({
      folder: path.join(dataFolder, 'images'),
      contents: registry.kept,
      architecture: architectureHere(),
      logger,
    }),
  );
  const uploads = await openUploads({
    registry,
    folder: path.join(folder, 'uploads'),
    ids,
    nowMs: () => clock.nowMs(),
  });
  return { registry, uploads, images, links: createLayerLinks({ clock, ids }) };
}

/** From the option, which has been parsed once already. */
export function openRemotes(list: string): ReadonlyMap<string, RemoteRegistry> {
  const all = parseRegistries(list) ?? [];
  return new Map(all.map((access) => [access.host, new RemoteRegistry(access)]));
}

export function architectureHere(): Architecture {
  return process.arch === 'arm64' ? 'arm64' : 'x86_64';
}
