/** The thread that handles archives: a job in, its answer out, one at a time. */
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import type { ArchiveAnswer, ArchiveJob } from './archive-job.ts';
import { CodeRejected } from './code-rejected.ts';
import { extractArchive } from './extract-archive.ts';
import { answerImageJob } from './images/answer-image-job.ts';
import { bytesOf, readManifest, writeManifest } from './manifest.ts';
import { mergeVolumes } from './merge-volumes.ts';
import { verifyVolume } from './verify-volume.ts';

parentPort?.on('message', (job: ArchiveJob) => {
  void answer(job).then((answered) => parentPort?.postMessage(answered));
});

async function answer(job: ArchiveJob): Promise<ArchiveAnswer> {
  try {
    switch (job.kind) {
      case 'extract':
        return await extract(job);
      case 'verify':
        return verify(job);
      case 'merge':
        mergeVolumes(job.folders, job.target);
        return { kind: 'done', unzippedBytes: 0 };
      case 'unpack-layer':
      case 'verify-layer':
      case 'compose':
        return await answerImageJob(job);
    }
  } catch (error) {
    if (error instanceof CodeRejected) {
      return { kind: 'rejected', reason: error.reason, detail: error.detail };
    }
    return { kind: 'failed', detail: error instanceof Error ? error.message : String(error) };
  }
}

async function extract(job: ArchiveJob & { kind: 'extract' }): Promise<ArchiveAnswer> {
  const zip = readFileSync(job.zip);
  if (createHash('sha256').update(zip).digest('hex') !== job.sha256) {
    return { kind: 'damaged', detail: `The stored zip ${job.sha256} is damaged.` };
  }
  mkdirSync(job.target);
  chmodSync(job.target, 0o755);
  const manifest = await extractArchive(zip, job.target, job.mostBytes);
  writeFileSync(job.manifest, writeManifest(manifest));
  return { kind: 'done', unzippedBytes: bytesOf(manifest) };
}

function verify(job: ArchiveJob & { kind: 'verify' }): ArchiveAnswer {
  if (!existsSync(job.folder) || !existsSync(job.manifest)) {
    return { kind: 'damaged', detail: 'The volume or its manifest is missing.' };
  }
  const manifest = readManifest(readFileSync(job.manifest, 'utf8'));
  if (manifest === undefined) return { kind: 'damaged', detail: 'The manifest is damaged.' };
  const problem = verifyVolume(job.folder, manifest);
  return problem === undefined
    ? { kind: 'done', unzippedBytes: bytesOf(manifest) }
    : { kind: 'damaged', detail: problem };
}
