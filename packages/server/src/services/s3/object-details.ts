/** What a client says of an object besides its bytes, as it is kept and as it is answered. */
import { AwsError } from '../../core/aws-error.ts';
import type { Bucket } from '../../objects/bucket.ts';
import type { Encryption, ObjectDetails, ObjectVersion } from '../../objects/object-version.ts';
import { invalidArgument, notImplemented } from './s3-errors.ts';
import { tagsOfQuery } from './object-tags.ts';

export interface DescribesObject {
  readonly ACL?: string | undefined;
  readonly CacheControl?: string | undefined;
  readonly ContentDisposition?: string | undefined;
  readonly ContentEncoding?: string | undefined;
  readonly ContentLanguage?: string | undefined;
  readonly ContentType?: string | undefined;
  readonly Expires?: Date | undefined;
  readonly Metadata?: Readonly<Record<string, string>> | undefined;
  readonly StorageClass?: string | undefined;
  readonly Tagging?: string | undefined;
  readonly ServerSideEncryption?: string | undefined;
  readonly SSEKMSKeyId?: string | undefined;
  readonly BucketKeyEnabled?: boolean | undefined;
}

/** Members of inputs that have no effect here. */
const refused: readonly (readonly [member: string, what: string])[] = [
  ['SSECustomerAlgorithm', 'encryption with customer keys'],
  ['ObjectLockMode', 'object lock'],
  ['ObjectLockLegalHoldStatus', 'object lock'],
  ['ObjectLockRetainUntilDate', 'object lock'],
  ['WebsiteRedirectLocation', 'website redirects'],
  ['WriteOffsetBytes', 'appending'],
];

export function refuseUnsupported(input: object): void {
  const values = input as Readonly<Record<string, unknown>>;
  for (const [member, what] of refused) {
    if (values[member] !== undefined) throw notImplemented(what);
  }
  for (const grant of [
    'GrantFullControl',
    'GrantRead',
    'GrantReadACP',
    'GrantWrite',
    'GrantWriteACP',
  ]) {
    if (values[grant] !== undefined) throw aclNotSupported();
  }
  const acl = values['ACL'];
  if (acl !== undefined && acl !== 'bucket-owner-full-control' && acl !== 'private') {
    throw aclNotSupported();
  }
}

/** AWS: what a bucket answers whose owner owns everything in it, the default since 2023. */
export function aclNotSupported(): AwsError {
  return new AwsError('AccessControlListNotSupported', 400, 'The bucket does not allow ACLs');
}

export function detailsOf(
  input: DescribesObject,
  bucket: Bucket,
): Omit<ObjectDetails, 'segments' | 'isMultipart' | 'checksum'> {
  return {
    headers: headersOf(input),
    metadata: metadataOf(input.Metadata),
    tags: input.Tagging === undefined ? [] : tagsOfQuery(input.Tagging),
    storageClass: storageClassOf(input.StorageClass),
    encryption: encryptionOf(input, bucket),
  };
}

export function headersOf(input: DescribesObject): Record<string, string> {
  const encoding = input.ContentEncoding?.split(',')
    .map((each) => each.trim())
    .filter((each) => each !== 'aws-chunked' && each !== '')
    .join(',');
  const all: readonly (readonly [string, string | undefined])[] = [
    ['content-type', input.ContentType ?? 'binary/octet-stream'],
    ['cache-control', input.CacheControl],
    ['content-disposition', input.ContentDisposition],
    ['content-encoding', encoding],
    ['content-language', input.ContentLanguage],
    ['expires', input.Expires?.toUTCString()],
  ];
  return Object.fromEntries(
    all.filter(
      (each): each is readonly [string, string] => each[1] !== undefined && each[1] !== '',
    ),
  );
}

/** AWS: 2 KB for all names and values. */
const METADATA_BYTES = 2_048;

export function metadataOf(
  metadata: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const entries = Object.entries(metadata).map(
    ([name, value]) => [name.toLowerCase(), value] as const,
  );
  const size = entries.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  if (size > METADATA_BYTES) {
    throw new AwsError(
      'MetadataTooLarge',
      400,
      'Your metadata headers exceed the maximum allowed metadata size',
      { members: { Size: String(size), MaxSizeAllowed: String(METADATA_BYTES) } },
    );
  }
  return Object.fromEntries(entries);
}

/** Those that can be read at once; what has to be restored first is not kept so here. */
const storageClasses: ReadonlySet<string> = new Set([
  'STANDARD',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER_IR',
]);

export function storageClassOf(name = 'STANDARD'): string {
  if (storageClasses.has(name)) return name;
  if (name === 'GLACIER' || name === 'DEEP_ARCHIVE') throw notImplemented(`storage class ${name}`);
  throw new AwsError('InvalidStorageClass', 400, 'The storage class you specified is not valid');
}

export function encryptionOf(input: DescribesObject, bucket: Bucket): Encryption {
  const { ServerSideEncryption: algorithm, SSEKMSKeyId: keyId } = input;
  if (algorithm === undefined) {
    if (keyId !== undefined) {
      throw invalidArgument(
        'Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms',
        'x-amz-server-side-encryption',
      );
    }
    return defaultEncryption(bucket);
  }
  if (algorithm === 'AES256') return { algorithm };
  if (algorithm !== 'aws:kms' && algorithm !== 'aws:kms:dsse') {
    throw invalidArgument(
      'The encryption method specified is not supported',
      'x-amz-server-side-encryption',
      algorithm,
    );
  }
  // Told as it was asked for; keys are not managed, and what is on the disk is not encrypted.
  return {
    algorithm,
    ...(keyId === undefined ? {} : { keyId }),
    ...(input.BucketKeyEnabled === undefined ? {} : { hasBucketKey: input.BucketKeyEnabled }),
  };
}

interface EncryptionConfiguration {
  readonly Rules?: readonly {
    readonly ApplyServerSideEncryptionByDefault?: {
      readonly SSEAlgorithm?: string;
      readonly KMSMasterKeyID?: string;
    };
    readonly BucketKeyEnabled?: boolean;
  }[];
}

function defaultEncryption({ encryption }: Bucket): Encryption {
  const configuration: EncryptionConfiguration | undefined = encryption;
  const rule = configuration?.Rules?.[0];
  const wanted = rule?.ApplyServerSideEncryptionByDefault;
  const algorithm = wanted?.SSEAlgorithm ?? 'AES256';
  if (algorithm === 'AES256') return { algorithm };
  const keyId = wanted?.KMSMasterKeyID;
  return {
    algorithm,
    ...(keyId === undefined ? {} : { keyId }),
    ...(rule?.BucketKeyEnabled === true ? { hasBucketKey: true } : {}),
  };
}

export function encryptionOutput(encryption: Encryption): Record<string, unknown> {
  const { algorithm, keyId, hasBucketKey } = encryption;
  return {
    ServerSideEncryption: algorithm,
    ...(keyId === undefined ? {} : { SSEKMSKeyId: keyId }),
    ...(hasBucketKey === true ? { BucketKeyEnabled: true } : {}),
  };
}

/** Shown by buckets that keep versions, or once did. */
export function versionOutput(bucket: Bucket, version: ObjectVersion): Record<string, string> {
  return bucket.versioning === undefined ? {} : { VersionId: version.version };
}

export function quoted(etag: string): string {
  return `"${etag}"`;
}

/** S3 knows times to the second. */
export function wholeSeconds(atMs: number): Date {
  return new Date(Math.floor(atMs / 1_000) * 1_000);
}

/** AWS: `null` names what was written without versions. */
export function checkVersionId(text: string | undefined): void {
  if (text === '') throw invalidArgument('Version id cannot be the empty string', 'versionId', '');
  if (text !== undefined && !/^[\w.-]{1,64}$/.test(text)) {
    throw invalidArgument('Invalid version id specified', 'versionId', text);
  }
}
