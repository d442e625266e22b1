/**
 * Where an upload comes from: the request itself, or an object of S3, which is read in the
 * caller's name.
 */
import { CodeRejected } from '../../code/code-rejected.ts';
import type { Limits } from '../../core/adjustable-limits.ts';
import { AwsError } from '../../core/aws-error.ts';
import type { OutgoingBody } from '../../core/object-body.ts';
import type { OperationContext } from '../../core/operation.ts';
import { translateCodeError } from './code-errors.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { cannotYet, invalidParameter } from './lambda-errors.ts';

export interface Upload {
  readonly zip: Uint8Array;
  /** Then only what it unpacks to is limited. */
  readonly isFromS3: boolean;
}

export interface CodeSource {
  readonly ZipFile?: Uint8Array | undefined;
  readonly S3Bucket?: string | undefined;
  readonly S3Key?: string | undefined;
  readonly S3ObjectVersion?: string | undefined;
  readonly S3ObjectStorageMode?: string | undefined;
}

export async function readUpload(
  room: Pick<LambdaRoom, 'callAs' | 'limits'>,
  source: CodeSource,
  context: OperationContext,
): Promise<Upload> {
  const { ZipFile: zip, S3Bucket: bucket, S3Key: key, S3ObjectVersion: version } = source;
  if (source.S3ObjectStorageMode === 'REFERENCE') {
    throw cannotYet('code that stays in S3 (S3ObjectStorageMode REFERENCE)');
  }
  if (zip !== undefined) {
    if (bucket === undefined && key === undefined && version === undefined) {
      return { zip, isFromS3: false };
    }
    // AWS's wording from memory.
    throw invalidParameter(
      'Please do not provide other FunctionCode parameters when providing a ZipFile.',
    );
  }
  if (bucket === undefined || key === undefined) {
    throw invalidParameter('Please provide a source for function code.');
  }
  return { zip: await readObject(room, { bucket, key, version }, context), isFromS3: true };
}

interface ObjectAddress {
  readonly bucket: string;
  readonly key: string;
  readonly version: string | undefined;
}

async function readObject(
  { callAs, limits }: Pick<LambdaRoom, 'callAs' | 'limits'>,
  { bucket, key, version }: ObjectAddress,
  { account, region, principal }: OperationContext,
): Promise<Uint8Array> {
  const input = {
    Bucket: bucket,
    Key: key,
    ...(version === undefined ? {} : { VersionId: version }),
  };
  try {
    const answer: ReadObject = await callAs(
      { account, region, principal, calledVia: 'lambda.amazonaws.com' },
      's3',
      'GetObject',
      input,
    );
    return await wholeBody(answer.Body, limits);
  } catch (error) {
    throw error instanceof AwsError ? translate(error, bucket, key) : translateCodeError(error);
  }
}

/** What S3 answers of an object. */
interface ReadObject {
  readonly Body?: OutgoingBody;
}

async function wholeBody(body: OutgoingBody | undefined, limits: Limits): Promise<Uint8Array> {
  if (body === undefined) return new Uint8Array();
  if (body.size > limits.unzippedCodeBytes) {
    await body.cancel();
    throw new CodeRejected('unzipped-too-large', `${body.size} bytes in S3`, limits);
  }
  return Buffer.concat(await Array.fromAsync(body));
}

function translate(error: AwsError, bucket: string, key: string): AwsError {
  const { code, message, status } = error;
  if (code === 'NotImplementedException' || status >= 500) return error;
  const told = `S3 Error Code: ${code}. S3 Error Message: ${message}`;
  if (code !== 'AccessDenied') {
    return invalidParameter(`Error occurred while GetObject. ${told}`, error);
  }
  // As users of AWS have posted it.
  return new AwsError(
    'AccessDeniedException',
    403,
    `Your access has been denied by S3, please make sure your request credentials have permission to GetObject for ${bucket}/${key}. ${told}`,
    { cause: error },
  );
}
