/** Which code is still needed, by functions and by layer versions, and giving up what is not. */
import type { CodeReference } from '../../core/function-version.ts';
import { codesOf, type FunctionSettings } from '../../functions/function-record.ts';
import type { LambdaRoom } from './lambda-deps.ts';

type Keepers = Pick<LambdaRoom, 'functions' | 'layers'>;

export function isCodeKept({ functions, layers }: Keepers, sha256: string): boolean {
  return functions.refersTo(sha256) || layers.refersTo(sha256);
}

/** Each is removed after a while unless something refers to it by then. */
export async function releaseCode(
  room: Keepers & Pick<LambdaRoom, 'code'>,
  codes: Iterable<CodeReference>,
): Promise<void> {
  const distinct = new Map([...codes].map((code) => [code.sha256, code]));
  for (const [sha256, code] of distinct) {
    await room.code.remove(code, () => isCodeKept(room, sha256));
  }
}

/** For settings that nothing serves any more. */
export async function releaseSettings(
  room: Keepers & Pick<LambdaRoom, 'code' | 'images'>,
  settings: readonly FunctionSettings[],
): Promise<void> {
  for (const { image } of settings) {
    const { digest } = image ?? {};
    if (digest !== undefined) {
      room.images.remove(digest, () => room.functions.refersToImage(digest));
    }
  }
  await releaseCode(room, settings.flatMap(codesOf));
}
