/** S3's errors, in its words. */
import { AwsError } from '../../core/aws-error.ts';

export function noSuchBucket(bucket: string): AwsError {
  return new AwsError('NoSuchBucket', 404, 'The specified bucket does not exist', {
    members: { BucketName: bucket },
  });
}

export function noSuchKey(key: string, headers: Readonly<Record<string, string>> = {}): AwsError {
  return new AwsError('NoSuchKey', 404, 'The specified key does not exist.', {
    members: { Key: key },
    headers,
  });
}

export function noSuchVersion(key: string, versionId: string): AwsError {
  return new AwsError('NoSuchVersion', 404, 'The specified version does not exist.', {
    members: { Key: key, VersionId: versionId },
  });
}

export function noSuchUpload(uploadId: string): AwsError {
  return new AwsError(
    'NoSuchUpload',
    404,
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
    { members: { UploadId: uploadId } },
  );
}

export function invalidArgument(message: string, name?: string, value?: string): AwsError {
  const members = name === undefined ? {} : { ArgumentName: name, ArgumentValue: value ?? '' };
  return new AwsError('InvalidArgument', 400, message, { members });
}

export function invalidRequest(message: string): AwsError {
  return new AwsError('InvalidRequest', 400, message);
}

export function accessDenied(message = 'Access Denied'): AwsError {
  return new AwsError('AccessDenied', 403, message);
}

export function preconditionFailed(condition: string): AwsError {
  return new AwsError(
    'PreconditionFailed',
    412,
    'At least one of the pre-conditions you specified did not hold',
    { members: { Condition: condition } },
  );
}

/** What AWS has and cannot act here is refused, not stored. */
export function notImplemented(what: string): AwsError {
  return new AwsError('NotImplemented', 501, `Hearth does not implement ${what} of S3.`);
}

/** Two requests changed the same thing at once; clients try again. */
export function conflicting(): AwsError {
  return new AwsError(
    'OperationAborted',
    409,
    'A conflicting conditional operation is currently in progress against this resource. Please try again.',
  );
}

export function entityTooLarge(sizeBytes: number, mostBytes: number): AwsError {
  return new AwsError(
    'EntityTooLarge',
    400,
    'Your proposed upload exceeds the maximum allowed size',
    { members: { ProposedSize: String(sizeBytes), MaxSizeAllowed: String(mostBytes) } },
  );
}
