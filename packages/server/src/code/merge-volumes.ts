/**
 * Lays the volumes of layers over each other, as AWS extracts them one after the other into
 * /opt: folders are joined, and of everything else the later wins, whatever it is. Nothing is
 * copied: the files of the result are further names of the volumes' own. Runs in a worker thread.
 *
 * No link is followed here. A link of one layer may meet, in the result, folders of another that
 * its own archive was not checked against, so it is for programs inside the sandbox: whoever
 * looks at the result from the host must not follow links in it.
 */
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import path from 'node:path';
import { linkOrCopy } from './link-or-copy.ts';

/** `target` does not exist yet. */
export function mergeVolumes(folders: readonly string[], target: string): void {
  makeFolder(target);
  for (const folder of folders) layOver(folder, target);
}

function layOver(folder: string, target: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const source = path.join(folder, entry.name);
    const place = path.join(target, entry.name);
    if (entry.isDirectory()) {
      if (lstatSync(place, { throwIfNoEntry: false })?.isDirectory() !== true) {
        rmSync(place, { force: true });
        makeFolder(place);
      }
      layOver(source, place);
    } else {
      rmSync(place, { recursive: true, force: true });
      if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), place);
      else linkOrCopy(source, place);
    }
  }
}

function makeFolder(place: string): void {
  mkdirSync(place);
  chmodSync(place, 0o755);
}
