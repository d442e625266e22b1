/** Why a function's image cannot be had or run, as the function's state tells it. */
import type { FunctionFailure } from '../../../core/function-state.ts';

export class ImageProblem extends Error {
  readonly code: FunctionFailure['code'];

  constructor(code: FunctionFailure['code'], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }

  override get name(): string {
    return 'ImageProblem';
  }
}
