/** What is wrong with a request, as OCI's distribution API tells it. */
import { AwsError } from '../../core/aws-error.ts';
import { BlobMissing } from '../../objects/blob-store.ts';
import {
  DigestMismatch,
  TooManyUploads,
  UploadOutOfOrder,
  UploadUnknown,
} from '../../registry/uploads.ts';

export class RegistryError extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, headers = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }

  override get name(): string {
    return 'RegistryError';
  }
}

/** Undefined for what is none of the caller's faults. */
export function asRegistryError(error: unknown): RegistryError | undefined {
  if (error instanceof RegistryError) return error;
  if (error instanceof AwsError) {
    const [status, code] = CODES[error.code] ?? [error.status, 'UNKNOWN'];
    return new RegistryError(status, code, error.message);
  }
  if (error instanceof UploadUnknown) {
    return new RegistryError(404, 'BLOB_UPLOAD_UNKNOWN', error.message);
  }
  if (error instanceof UploadOutOfOrder) {
    return new RegistryError(416, 'BLOB_UPLOAD_INVALID', error.message, {
      range: rangeOf(error.sizeBytes),
    });
  }
  if (error instanceof TooManyUploads) {
    return new RegistryError(429, 'TOOMANYREQUESTS', error.message);
  }
  if (error instanceof DigestMismatch) {
    return new RegistryError(400, 'DIGEST_INVALID', error.message);
  }
  if (error instanceof BlobMissing) return new RegistryError(404, 'BLOB_UNKNOWN', error.message);
  return undefined;
}

/** Bytes from the first to the last; AWS and others say `0-0` of none, too. */
export function rangeOf(sizeBytes: number): string {
  return `0-${Math.max(0, sizeBytes - 1)}`;
}

const CODES: Readonly<Record<string, readonly [status: number, code: string]>> = {
  AccessDeniedException: [403, 'DENIED'],
  RepositoryNotFoundException: [404, 'NAME_UNKNOWN'],
  ImageNotFoundException: [404, 'MANIFEST_UNKNOWN'],
  LayersNotFoundException: [404, 'MANIFEST_BLOB_UNKNOWN'],
  ReferencedImagesNotFoundException: [404, 'MANIFEST_BLOB_UNKNOWN'],
  ImageTagAlreadyExistsException: [400, 'TAG_INVALID'],
  ImageDigestDoesNotMatchException: [400, 'DIGEST_INVALID'],
  InvalidParameterException: [400, 'MANIFEST_INVALID'],
  LimitExceededException: [429, 'TOOMANYREQUESTS'],
};
