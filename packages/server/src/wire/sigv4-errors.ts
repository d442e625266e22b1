/** The refusals of Signature Version 4, in AWS's words. */
import { AwsError } from '../core/aws-error.ts';

export function signatureMismatch(): AwsError {
  return invalidSignature(
    'The request signature we calculated does not match the signature you provided. Check your ' +
      'AWS Secret Access Key and signing method. Consult the service documentation for details.',
  );
}

export function invalidSignature(message: string): AwsError {
  return new AwsError('InvalidSignatureException', 403, message);
}

export function incompleteSignature(message: string): AwsError {
  return new AwsError('IncompleteSignatureException', 400, message);
}

/** S3: the body is not the one whose hash was signed. */
export function contentHashMismatch(stated: string, actual: string): AwsError {
  return new AwsError(
    'XAmzContentSHA256Mismatch',
    400,
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
    { members: { ClientComputedContentSHA256: stated, S3ComputedContentSHA256: actual } },
  );
}
