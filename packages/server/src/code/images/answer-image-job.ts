/** What the archive worker does with the layers of images. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { ArchiveAnswer, ArchiveJob } from '../archive-job.ts';
import { readHashed, withHash } from '../manifest.ts';
import { verifyVolume } from '../verify-volume.ts';
import { composeImage } from './compose-image.ts';
import type { LayerEntry, UnpackedLayer } from './layer-entry.ts';
import { DamagedLayer, unpackLayer } from './unpack-layer.ts';

type ImageJob = Extract<ArchiveJob, { kind: 'unpack-layer' | 'verify-layer' | 'compose' }>;

export async function answerImageJob(job: ImageJob): Promise<ArchiveAnswer> {
  switch (job.kind) {
    case 'unpack-layer':
      return await unpack(job);
    case 'verify-layer':
      return verify(job);
    case 'compose': {
      const layers = job.layers.map(({ folder, manifest }) => {
        const layer = readLayer(manifest);
        if (layer === undefined) throw new Error(`The manifest ${manifest} is damaged.`);
        return { folder, layer };
      });
      composeImage(layers, job.target, job.mostBytes);
      return { kind: 'done', unzippedBytes: 0 };
    }
  }
}

async function unpack(job: ImageJob & { kind: 'unpack-layer' }): Promise<ArchiveAnswer> {
  mkdirSync(job.target, { mode: 0o700 });
  try {
    const layer = await unpackLayer(job);
    writeFileSync(job.manifest, withHash(layer));
    return done(layer);
  } catch (error) {
    if (error instanceof DamagedLayer) return { kind: 'damaged', detail: error.message };
    throw error;
  }
}

function verify({ folder, manifest }: ImageJob & { kind: 'verify-layer' }): ArchiveAnswer {
  if (!existsSync(folder) || !existsSync(manifest)) {
    return { kind: 'damaged', detail: 'The layer or its manifest is missing.' };
  }
  const layer = readLayer(manifest);
  if (layer === undefined) return { kind: 'damaged', detail: 'The manifest is damaged.' };
  const files = layer.entries.filter(isFile).map(({ content, ...each }) => ({
    ...each,
    path: content,
  }));
  const problem = verifyVolume(folder, files);
  return problem === undefined ? done(layer) : { kind: 'damaged', detail: problem };
}

function readLayer(manifest: string): UnpackedLayer | undefined {
  return readHashed(readFileSync(manifest, 'utf8')) as UnpackedLayer | undefined;
}

function done({ diffId, entries }: UnpackedLayer): ArchiveAnswer {
  const bytes = entries.filter(isFile).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return { kind: 'done', unzippedBytes: bytes, diffId };
}

function isFile(entry: LayerEntry): entry is Extract<LayerEntry, { kind: 'file' }> {
  return entry.kind === 'file';
}
