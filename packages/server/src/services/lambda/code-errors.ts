import { AwsError } from '../../core/aws-error.ts';
import { CodeRejected } from '../../code/code-rejected.ts';
import { invalidParameter } from './lambda-errors.ts';

/** What AWS answers to an archive that the code store does not take; other errors as they are. */
export function translateCodeError(error: unknown): unknown {
  if (!(error instanceof CodeRejected)) return error;
  return error.reason === 'zipped-too-large'
    ? new AwsError('RequestEntityTooLargeException', 413, error.message, { cause: error })
    : invalidParameter(error.message, error);
}
