/** One more name of a file, or a copy where the file system has no (more) hard links for it. */
import { constants, copyFileSync, linkSync } from 'node:fs';

export function linkOrCopy(source: string, place: string): void {
  try {
    linkSync(source, place);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!['EMLINK', 'EPERM', 'ENOTSUP', 'EXDEV'].includes(code)) throw error;
    copyFileSync(source, place, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  }
}
