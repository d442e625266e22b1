/**
 * Why an uploaded archive is not accepted, with the sentence that AWS answers. The service
 * chooses the error's name and status; everything here is the caller's fault.
 */
import { awsLimits, type Limits } from '../core/adjustable-limits.ts';

export type CodeRejection = 'zipped-too-large' | 'unzipped-too-large' | 'unreadable' | 'empty';

type CodeLimits = Pick<Limits, 'zippedCodeBytes' | 'unzippedCodeBytes'>;

const messages: Readonly<Record<CodeRejection, string | ((limits: CodeLimits) => string)>> = {
  'zipped-too-large': ({ zippedCodeBytes }) =>
    `Zipped size must be smaller than ${zippedCodeBytes} bytes`,
  'unzipped-too-large': ({ unzippedCodeBytes }) =>
    `Unzipped size must be smaller than ${unzippedCodeBytes} bytes`,
  unreadable: 'Could not unzip uploaded file. Please check your file, then try to upload again.',
  empty: 'Uploaded file must be a non-empty zip',
};

export class CodeRejected extends Error {
  readonly reason: CodeRejection;
  /** What exactly was wrong: for our log, never for the caller. */
  readonly detail: string;

  constructor(reason: CodeRejection, detail: string, limits: CodeLimits = awsLimits) {
    const message = messages[reason];
    super(typeof message === 'string' ? message : message(limits));
    this.reason = reason;
    this.detail = detail;
  }

  override get name(): string {
    return 'CodeRejected';
  }
}
