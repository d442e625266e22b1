import type { PutBucketPolicyRequest } from '@aws-sdk/client-s3';
import { AwsError } from '../../core/aws-error.ts';
import type { AnyOperation, ResourcePolicy } from '../../core/operation.ts';
import { MalformedPolicy, parsePolicyDocument } from '../../iam/policy-document.ts';
import { bucketArn } from '../../objects/bucket.ts';
import type { Validated } from '../validated.ts';
import type { NamesBucket } from './access.ts';
import { changeOperation, readOperation } from './bucket-configurations.ts';
import { without } from './change-bucket.ts';
import { isPublicPolicy } from './public-policy.ts';
import type { S3Deps } from './s3-deps.ts';
import { accessDenied } from './s3-errors.ts';

/** AWS: 20 KB. */
const POLICY_BYTES = 20_480;

export function bucketPolicy(deps: S3Deps): readonly AnyOperation[] {
  const missing = ['NoSuchBucketPolicy', 'The bucket policy does not exist'] as const;
  return [
    readOperation(
      deps,
      'GetBucketPolicy',
      'GetBucketPolicy',
      ({ policy }) => (policy === undefined ? undefined : { Policy: policy.text }),
      missing,
    ),
    readOperation(
      deps,
      'GetBucketPolicyStatus',
      'GetBucketPolicyStatus',
      ({ policy }) =>
        policy === undefined
          ? undefined
          : { PolicyStatus: { IsPublic: isPublicPolicy(policy.document) } },
      missing,
    ),
    changeOperation<Validated<PutBucketPolicyRequest>>(
      deps,
      'PutBucketPolicy',
      'PutBucketPolicy',
      (bucket, { Policy: text }) => {
        const document = parse(text ?? '', bucket.name);
        if (bucket.publicAccess?.BlockPublicPolicy === true && isPublicPolicy(document)) {
          throw accessDenied(
            'Public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.',
          );
        }
        return { ...bucket, policy: { text, document } };
      },
    ),
    {
      ...changeOperation<NamesBucket>(deps, 'DeleteBucketPolicy', 'DeleteBucketPolicy', (bucket) =>
        without(bucket, 'policy'),
      ),
    },
  ];
}

function parse(text: string, bucket: string): ResourcePolicy {
  if (text === '') {
    throw new AwsError('MissingRequestBodyError', 400, 'Request Body is empty');
  }
  if (Buffer.byteLength(text) > POLICY_BYTES) {
    throw malformed('Policy document is larger than the maximum allowed size of 20480 bytes.');
  }
  let document: ReturnType<typeof parsePolicyDocument>;
  try {
    document = parsePolicyDocument(text, 'resource');
  } catch (error) {
    if (error instanceof MalformedPolicy) throw malformed(error.message);
    throw error;
  }
  const arn = bucketArn(bucket);
  for (const { Resource, NotResource, Action } of document.Statement) {
    const resources = [Resource ?? NotResource ?? []].flat();
    if (resources.some((each) => !concerns(each, arn)))
      throw malformed('Policy has invalid resource');
    const actions = [Action ?? []].flat();
    if (actions.some((each) => each !== '*' && !/^s3:/i.test(each))) {
      throw malformed('Policy has invalid action');
    }
  }
  return { Version: '2008-10-17', ...document };
}

function concerns(resource: string, arn: string): boolean {
  if (resource === arn || resource.startsWith(`${arn}/`)) return true;
  // A pattern may stand for the name, as long as it can mean this bucket.
  const name = resource.split('/', 1)[0] ?? '';
  if (!/[*?]/.test(name)) return false;
  const pattern = name
    .replaceAll(/[.+^$(){}|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${pattern}$`).test(arn);
}

function malformed(message: string): AwsError {
  return new AwsError('MalformedPolicy', 400, message);
}
