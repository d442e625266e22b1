/**
 * Why an uploaded archive is not accepted, with the sentence that AWS answers. The service
 * chooses the error's name and status; everything here is the caller's fault.
 */
import { UNZIPPED_CODE_BYTES, ZIPPED_CODE_BYTES } from '../core/limits.ts';

export type CodeRejection = 'zipped-too-large' | 'unzipped-too-large' | 'unreadable' | 'empty';

const messages: Readonly<Record<CodeRejection, string>> = {
  'zipped-too-large': `Zipped size must be smaller than ${ZIPPED_CODE_BYTES} bytes`,
  'unzipped-too-large': `Unzipped size must be smaller than ${UNZIPPED_CODE_BYTES} bytes`,
  unreadable: 'Could not unzip uploaded file. Please check your file, then try to upload again.',
  empty: 'Uploaded file must be a non-empty zip',
};

export class CodeRejected extends Error {
  readonly reason: CodeRejection;
  /** What exactly was wrong: for our log, never for the caller. */
  readonly detail: string;

  constructor(reason: CodeRejection, detail: string) {
    super(messages[reason]);
    this.reason = reason;
    this.detail = detail;
  }

  override get name(): string {
    return 'CodeRejected';
  }
}
