/**
 * Lambda reads images in its own name: by the policy of the repository. AWS: where that does not let it,
 * and the caller may change the policy, Lambda gives itself the right.
 */
import type { BatchGetImageResponse, GetRepositoryPolicyResponse } from '@aws-sdk/client-ecr';
import { AwsError } from '../../../core/aws-error.ts';
import type { CallAs, CallAsCaller } from '../../../core/call-as.ts';
import { parseManifest } from '../../../core/image/image-manifest.ts';
import { UnsupportedImage } from '../../../core/image/read-json.ts';
import type { OperationContext } from '../../../core/operation.ts';
import type { ImageAddress as Address } from '../../../registry/find-image.ts';
import type { RepositoryKey } from '../../../registry/repository.ts';

export interface ReadManifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

export interface EcrReader {
  readonly callAs: CallAs;
  readonly context: OperationContext;
  readonly functionArn: string;
}

/** Undefined where there is no such image. Rejects with AWS's error where nobody lets it. */
export async function readOwnManifest(
  reader: EcrReader,
  key: RepositoryKey,
  imageId: Address,
): Promise<ReadManifest | undefined> {
  try {
    return await readOrGrant(reader, key, imageId);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function readOrGrant(
  reader: EcrReader,
  key: RepositoryKey,
  imageId: Address,
): Promise<ReadManifest | undefined> {
  try {
    return await read(reader, key, imageId);
  } catch (error) {
    if (!isDenied(error)) throw error;
    await grant(reader, key, error);
    return await read(reader, key, imageId);
  }
}

async function read(
  { callAs, context, functionArn }: EcrReader,
  { account, region, name }: RepositoryKey,
  imageId: Address,
): Promise<ReadManifest | undefined> {
  const lambda: CallAsCaller = {
    principal: { kind: 'service', service: 'lambda.amazonaws.com' },
    account,
    region,
    source: { arn: functionArn, account: context.account },
  };
  const input = { registryId: account, repositoryName: name, imageIds: [imageId] };
  const answer = (await callAs(lambda, 'ecr', 'BatchGetImage', input)) as BatchGetImageResponse;
  const [image] = answer.images ?? [];
  const { imageManifest: text, imageManifestMediaType: mediaType = '' } = image ?? {};
  const digest = image?.imageId?.imageDigest;
  if (text === undefined || digest === undefined) return undefined;
  const found = { digest, mediaType, bytes: Buffer.from(text) };
  const layerDigest = configOf(found);
  if (layerDigest !== undefined) {
    const layer = { registryId: account, repositoryName: name, layerDigest };
    await callAs(lambda, 'ecr', 'GetDownloadUrlForLayer', layer);
  }
  return found;
}

/** One of its parts: who may read one may read all. Of an index, and of what is no image, none. */
function configOf({ bytes, mediaType }: ReadManifest): string | undefined {
  try {
    const manifest = parseManifest(bytes, mediaType);
    return manifest.kind === 'image' ? manifest.config.digest : undefined;
  } catch (error) {
    if (error instanceof UnsupportedImage) return undefined;
    throw error;
  }
}

/** As AWS names its own. */
const SID = 'LambdaECRImageRetrievalPolicy';

async function grant(
  { callAs, context }: EcrReader,
  { account, region, name }: RepositoryKey,
  denial: unknown,
): Promise<void> {
  const { principal } = context;
  const caller: CallAsCaller = {
    principal,
    account,
    region,
    calledVia: 'lambda.amazonaws.com',
  };
  const repository = { registryId: account, repositoryName: name };
  try {
    const before = await policyOf(callAs, caller, repository);
    const statement = {
      Sid: SID,
      Effect: 'Allow',
      Principal: { Service: 'lambda.amazonaws.com' },
      Action: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
      Condition: {
        StringLike: {
          'aws:sourceArn': `arn:aws:lambda:${context.region}:${context.account}:function:*`,
        },
      },
    };
    const others = before.filter(({ Sid: sid }) => sid !== SID);
    const policy = { Version: '2008-10-17', Statement: [...others, statement] };
    const policyText = JSON.stringify(policy);
    await callAs(caller, 'ecr', 'SetRepositoryPolicy', { ...repository, policyText });
  } catch (error) {
    throw isDenied(error) ? accessDenied(denial) : error;
  }
}

interface Statement {
  readonly Sid?: string;
}

async function policyOf(
  callAs: CallAs,
  caller: CallAsCaller,
  repository: object,
): Promise<readonly Statement[]> {
  try {
    const { policyText = '{}' } = (await callAs(
      caller,
      'ecr',
      'GetRepositoryPolicy',
      repository,
    )) as GetRepositoryPolicyResponse;
    const { Statement: found = [] } = JSON.parse(policyText) as {
      readonly Statement?: Statement | readonly Statement[];
    };
    return Array.isArray(found) ? (found as readonly Statement[]) : [found as Statement];
  } catch (error) {
    const isNone = error instanceof AwsError && error.code === 'RepositoryPolicyNotFoundException';
    if (isNone) return [];
    throw error;
  }
}

function isDenied(error: unknown): boolean {
  return error instanceof AwsError && error.code === 'AccessDeniedException';
}

function isMissing(error: unknown): boolean {
  return error instanceof AwsError && error.code === 'RepositoryNotFoundException';
}

/** As users of AWS have posted it. */
function accessDenied(cause: unknown): AwsError {
  return new AwsError(
    'AccessDeniedException',
    403,
    'Lambda does not have permission to access the ECR image. Check the ECR permissions.',
    { cause },
  );
}
