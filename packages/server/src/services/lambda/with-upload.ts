import type { CodeReference } from '../../core/function-version.ts';
import { translateCodeError } from './code-errors.ts';
import type { Upload } from './code-source.ts';
import { isCodeKept, releaseCode } from './kept-code.ts';
import type { LambdaRoom } from './lambda-deps.ts';

/**
 * Stores an uploaded archive for as long as `use` runs. What nothing refers to then (it was
 * refused, somebody else was faster, it was a dry run) is not kept.
 */
export async function withUpload<T>(
  room: LambdaRoom,
  upload: Upload,
  use: (code: CodeReference) => Promise<T>,
): Promise<T> {
  let uploaded: CodeReference | undefined;
  const keep = (code: CodeReference): Promise<T> => {
    uploaded = code;
    return use(code);
  };
  try {
    return await room.code.withCode(upload.zip, keep, { isZippedSizeFree: upload.isFromS3 });
  } catch (error) {
    throw translateCodeError(error);
  } finally {
    if (uploaded !== undefined && !isCodeKept(room, uploaded.sha256)) {
      await releaseCode(room, [uploaded]);
    }
  }
}
