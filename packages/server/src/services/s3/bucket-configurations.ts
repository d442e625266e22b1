/** Configurations of a bucket that are read, replaced and removed as a whole. */
import type {
  PutBucketCorsRequest,
  PutBucketEncryptionRequest,
  PutBucketOwnershipControlsRequest,
  PutBucketTaggingRequest,
  PutBucketVersioningRequest,
  PutPublicAccessBlockRequest,
} from '@aws-sdk/client-s3';
import { AwsError } from '../../core/aws-error.ts';
import type { AnyOperation, Operation } from '../../core/operation.ts';
import type { Bucket, CorsRule } from '../../objects/bucket.ts';
import { malformedXml } from '../../wire/xml-reader.ts';
import type { Validated } from '../validated.ts';
import { bucketAccess, bucketOf, type NamesBucket } from './access.ts';
import { changeBucket, without } from './change-bucket.ts';
import { checkTags } from './object-tags.ts';
import { checkOwnership } from './ownership.ts';
import type { S3Deps } from './s3-deps.ts';
import { invalidRequest, notImplemented } from './s3-errors.ts';

/** `read` answers what is configured, or undefined. */
export function readOperation(
  deps: S3Deps,
  name: string,
  action: string,
  read: (bucket: Bucket) => object | undefined,
  missing: readonly [code: string, message: string] = ['', ''],
): Operation<NamesBucket> {
  return {
    name,
    permissions: (input, context) => [bucketAccess(deps, action, input, context)],
    handle: async (input) => {
      const bucket = bucketOf(deps, input);
      const output = read(bucket);
      if (output !== undefined) return output;
      const [code, message] = missing;
      throw new AwsError(code, 404, message, { members: { BucketName: bucket.name } });
    },
  };
}

export function changeOperation<Input extends NamesBucket>(
  deps: S3Deps,
  name: string,
  action: string,
  change: (bucket: Bucket, input: Input) => Bucket,
  output: object = {},
): Operation<Input> {
  return {
    name,
    permissions: (input, context) => [bucketAccess(deps, action, input, context)],
    handle: async (input) => {
      await changeBucket(deps, input, (bucket) => change(bucket, input));
      return output;
    },
  };
}

export function bucketConfigurations(deps: S3Deps): readonly AnyOperation[] {
  return [
    ...versioning(deps),
    ...encryption(deps),
    ...tagging(deps),
    ...publicAccess(deps),
    ...ownership(deps),
    ...cors(deps),
  ];
}

function versioning(deps: S3Deps): readonly AnyOperation[] {
  return [
    readOperation(deps, 'GetBucketVersioning', 'GetBucketVersioning', (bucket) =>
      bucket.versioning === undefined ? {} : { Status: bucket.versioning },
    ),
    changeOperation<Validated<PutBucketVersioningRequest>>(
      deps,
      'PutBucketVersioning',
      'PutBucketVersioning',
      (bucket, { VersioningConfiguration, MFA }) => {
        const { Status, MFADelete } = VersioningConfiguration ?? {};
        if (MFADelete === 'Enabled' || MFA !== undefined) throw notImplemented('MFA delete');
        if (Status !== 'Enabled' && Status !== 'Suspended') throw malformedXml();
        return { ...bucket, versioning: Status };
      },
    ),
  ];
}

const DEFAULT_ENCRYPTION = {
  Rules: [
    { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' }, BucketKeyEnabled: false },
  ],
};

function encryption(deps: S3Deps): readonly AnyOperation[] {
  return [
    readOperation(deps, 'GetBucketEncryption', 'GetEncryptionConfiguration', (bucket) => ({
      ServerSideEncryptionConfiguration: bucket.encryption ?? DEFAULT_ENCRYPTION,
    })),
    changeOperation<Validated<PutBucketEncryptionRequest>>(
      deps,
      'PutBucketEncryption',
      'PutEncryptionConfiguration',
      (bucket, { ServerSideEncryptionConfiguration }) => {
        const rules = ServerSideEncryptionConfiguration?.Rules ?? [];
        const [rule] = rules;
        const algorithm = rule?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm;
        if (rules.length !== 1 || rule === undefined) throw malformedXml();
        if (algorithm !== 'AES256' && !algorithm?.startsWith('aws:kms')) throw malformedXml();
        if (rule.BlockedEncryptionTypes !== undefined)
          throw notImplemented('blocked encryption types');
        return { ...bucket, encryption: { Rules: [{ BucketKeyEnabled: false, ...rule }] } };
      },
    ),
    changeOperation<NamesBucket>(
      deps,
      'DeleteBucketEncryption',
      'PutEncryptionConfiguration',
      (bucket) => without(bucket, 'encryption'),
    ),
  ];
}

function tagging(deps: S3Deps): readonly AnyOperation[] {
  return [
    readOperation(
      deps,
      'GetBucketTagging',
      'GetBucketTagging',
      ({ tags }) => (tags === undefined || tags.length === 0 ? undefined : { TagSet: tags }),
      ['NoSuchTagSet', 'The TagSet does not exist'],
    ),
    changeOperation<Validated<PutBucketTaggingRequest>>(
      deps,
      'PutBucketTagging',
      'PutBucketTagging',
      (bucket, { Tagging }) => {
        if (Tagging?.TagSet === undefined) throw malformedXml();
        return { ...bucket, tags: checkTags(Tagging.TagSet, 'bucket') };
      },
    ),
    changeOperation<NamesBucket>(deps, 'DeleteBucketTagging', 'PutBucketTagging', (bucket) =>
      without(bucket, 'tags'),
    ),
  ];
}

function publicAccess(deps: S3Deps): readonly AnyOperation[] {
  return [
    readOperation(
      deps,
      'GetPublicAccessBlock',
      'GetBucketPublicAccessBlock',
      ({ publicAccess: found }) =>
        found === undefined ? undefined : { PublicAccessBlockConfiguration: found },
      [
        'NoSuchPublicAccessBlockConfiguration',
        'The public access block configuration was not found',
      ],
    ),
    changeOperation<Validated<PutPublicAccessBlockRequest>>(
      deps,
      'PutPublicAccessBlock',
      'PutBucketPublicAccessBlock',
      (bucket, { PublicAccessBlockConfiguration: given }) => {
        if (given === undefined) throw malformedXml();
        return {
          ...bucket,
          publicAccess: {
            BlockPublicAcls: given.BlockPublicAcls ?? false,
            IgnorePublicAcls: given.IgnorePublicAcls ?? false,
            BlockPublicPolicy: given.BlockPublicPolicy ?? false,
            RestrictPublicBuckets: given.RestrictPublicBuckets ?? false,
          },
        };
      },
    ),
    changeOperation<NamesBucket>(
      deps,
      'DeletePublicAccessBlock',
      'PutBucketPublicAccessBlock',
      (bucket) => without(bucket, 'publicAccess'),
    ),
  ];
}

function ownership(deps: S3Deps): readonly AnyOperation[] {
  return [
    readOperation(
      deps,
      'GetBucketOwnershipControls',
      'GetBucketOwnershipControls',
      ({ ownership: found }) =>
        found === undefined
          ? undefined
          : { OwnershipControls: { Rules: [{ ObjectOwnership: found }] } },
      ['OwnershipControlsNotFoundError', 'The bucket ownership controls were not found'],
    ),
    changeOperation<Validated<PutBucketOwnershipControlsRequest>>(
      deps,
      'PutBucketOwnershipControls',
      'PutBucketOwnershipControls',
      (bucket, { OwnershipControls }) => {
        const wanted = OwnershipControls?.Rules?.[0]?.ObjectOwnership;
        checkOwnership(wanted);
        return { ...bucket, ownership: 'BucketOwnerEnforced' };
      },
    ),
    changeOperation<NamesBucket>(
      deps,
      'DeleteBucketOwnershipControls',
      'PutBucketOwnershipControls',
      // AWS falls back to ACLs then, which are not here to decide anything.
      (bucket) => without(bucket, 'ownership'),
    ),
  ];
}

const corsMethods: ReadonlySet<string> = new Set(['GET', 'PUT', 'POST', 'DELETE', 'HEAD']);

function cors(deps: S3Deps): readonly AnyOperation[] {
  return [
    readOperation(
      deps,
      'GetBucketCors',
      'GetBucketCORS',
      ({ cors: rules }) => (rules === undefined ? undefined : { CORSRules: rules }),
      ['NoSuchCORSConfiguration', 'The CORS configuration does not exist'],
    ),
    changeOperation<Validated<PutBucketCorsRequest>>(
      deps,
      'PutBucketCors',
      'PutBucketCORS',
      (bucket, { CORSConfiguration }) => {
        const rules = CORSConfiguration?.CORSRules ?? [];
        if (rules.length === 0 || rules.length > 100) throw malformedXml();
        return { ...bucket, cors: rules.map((rule) => corsRule(rule as CorsRule)) };
      },
    ),
    changeOperation<NamesBucket>(deps, 'DeleteBucketCors', 'PutBucketCORS', (bucket) =>
      without(bucket, 'cors'),
    ),
  ];
}

function corsRule(rule: Partial<CorsRule>): CorsRule {
  const { AllowedMethods = [], AllowedOrigins = [] } = rule;
  if (AllowedMethods.length === 0 || AllowedOrigins.length === 0) throw malformedXml();
  const unknown = AllowedMethods.find((method) => !corsMethods.has(method));
  if (unknown !== undefined) {
    throw invalidRequest(
      `Found unsupported HTTP method in CORS config. Unsupported method is ${unknown}`,
    );
  }
  for (const [what, values] of [
    ['AllowedOrigin', AllowedOrigins],
    ['AllowedHeader', rule.AllowedHeaders ?? []],
  ] as const) {
    const bad = values.find((value) => value.split('*').length > 2);
    if (bad !== undefined) {
      throw invalidRequest(`${what} "${bad}" can not have more than one wildcard.`);
    }
  }
  return { ...rule, AllowedMethods, AllowedOrigins };
}
