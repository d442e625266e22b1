import type { CodeReference } from '../../core/function-version.ts';
import { translateCodeError } from './code-errors.ts';
import type { LambdaRoom } from './lambda-deps.ts';

/**
 * Stores an uploaded archive for as long as `use` runs. What no function refers to then (it was
 * refused, somebody else was faster, it was a dry run) is not kept.
 */
export async function withUpload<T>(
  { code: store, functions }: LambdaRoom,
  zip: Uint8Array,
  use: (code: CodeReference) => Promise<T>,
): Promise<T> {
  let uploaded: CodeReference | undefined;
  try {
    return await store.withCode(zip, (code) => {
      uploaded = code;
      return use(code);
    });
  } catch (error) {
    throw translateCodeError(error);
  } finally {
    if (uploaded !== undefined && !functions.refersTo(uploaded.sha256)) {
      const { sha256 } = uploaded;
      await store.remove(uploaded, () => functions.refersTo(sha256));
    }
  }
}
