/** A browser's upload by an HTML form: its policy is checked, then it is a PutObject. */
import { AwsError } from '../../core/aws-error.ts';
import { anonymous } from '../../core/principal.ts';
import { entityTooLarge } from '../../services/s3/s3-errors.ts';
import { MOST_PUT_BYTES } from '../../services/s3/store-body.ts';
import { percentEncode } from '../../wire/percent.ts';
import { s3AddressOf } from '../../wire/s3-address.ts';
import { xmlText } from '../../wire/xml-text.ts';
import { dispatch } from '../dispatch.ts';
import type { RawHead } from '../raw-request.ts';
import type { ServedService } from '../served-service.ts';
import type { S3Caller } from './authenticate-s3.ts';
import { contextOf, type S3Answer, type S3Deps, type S3Request } from './s3-request.ts';
import { readForm, type Form } from './form-fields.ts';
import {
  checkFormPolicy,
  formSignatureOf,
  verifyFormSignature,
  type LengthRange,
} from './form-policy.ts';

export function isForm({ method, headers }: RawHead): boolean {
  return method === 'POST' && /^multipart\/form-data\b/i.test(headers['content-type'] ?? '');
}

export async function answerForm(
  deps: S3Deps,
  served: ServedService,
  request: S3Request,
): Promise<S3Answer> {
  const { head, message } = request;
  const { bucket } = s3AddressOf(head);
  const operation = served.model.operations.get('PutObject');
  if (bucket === undefined || operation === undefined) {
    throw new AwsError('MethodNotAllowed', 405, 'A form is posted to a bucket.');
  }
  const source = message.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
  const form = await readForm(source, head.headers['content-type'] ?? '');
  const { caller, range } = authenticateForm(deps, request, form, bucket);
  const key = keyOf(form);
  const output = await dispatch(deps.identities, {
    served,
    operation,
    input: {
      Bucket: bucket,
      Key: key,
      ...inputOf(form),
      Body: { trailers: new Map(), size: undefined, chunks: within(form.file, range) },
    },
    ...contextOf(request, caller),
  });
  return respond(request, form, { bucket, key, etag: (output as { ETag?: string }).ETag ?? '' });
}

function authenticateForm(
  deps: S3Deps,
  { listener }: S3Request,
  { fields }: Form,
  bucket: string,
): { readonly caller: S3Caller; readonly range: LengthRange | undefined } {
  const signature = formSignatureOf(fields);
  const common = { signed: undefined, secretAccessKey: '', payload: 'UNSIGNED-PAYLOAD' };
  if (signature === undefined) {
    const caller = {
      ...common,
      principal: anonymous,
      account: '',
      region: 'us-east-1',
      conditions: { 's3:authType': 'POST' },
    };
    return { caller, range: undefined };
  }
  const token = fields.get('x-amz-security-token');
  const found = deps.identities.findCredentials(signature.accessKeyId, token, listener, 's3');
  verifyFormSignature(signature, found.secretAccessKey);
  const known = new Map([...fields, ['bucket', bucket]]);
  const range = checkFormPolicy(signature.policy, known, deps.clock.nowMs());
  const { scope } = signature;
  const conditions = {
    's3:authType': 'POST',
    's3:signatureversion': scope === undefined ? 'AWS' : 'AWS4-HMAC-SHA256',
  };
  const region = scope?.region ?? 'us-east-1';
  return { caller: { ...common, ...found, region, conditions }, range };
}

function keyOf({ fields, fileName }: Form): string {
  const key = fields.get('key');
  if (key === undefined || key === '') {
    throw new AwsError(
      'InvalidArgument',
      400,
      "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.",
      { members: { ArgumentName: 'key', ArgumentValue: '' } },
    );
  }
  return key.replaceAll('${filename}', fileName.split(/[/\\]/).at(-1) ?? '');
}

/** Fields that are headers of a PUT. */
const members: Readonly<Record<string, string>> = {
  acl: 'ACL',
  'cache-control': 'CacheControl',
  'content-type': 'ContentType',
  'content-disposition': 'ContentDisposition',
  'content-encoding': 'ContentEncoding',
  'x-amz-storage-class': 'StorageClass',
  'x-amz-server-side-encryption': 'ServerSideEncryption',
  'x-amz-website-redirect-location': 'WebsiteRedirectLocation',
  'x-amz-checksum-crc32': 'ChecksumCRC32',
  'x-amz-checksum-crc32c': 'ChecksumCRC32C',
  'x-amz-checksum-crc64nvme': 'ChecksumCRC64NVME',
  'x-amz-checksum-sha1': 'ChecksumSHA1',
  'x-amz-checksum-sha256': 'ChecksumSHA256',
};

function inputOf({ fields, fileType }: Form): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  if (fileType !== undefined) input['ContentType'] = fileType;
  const metadata: Record<string, string> = {};
  for (const [name, value] of fields) {
    const member = members[name];
    if (member !== undefined) input[member] = value;
    if (name.startsWith('x-amz-meta-')) metadata[name.slice('x-amz-meta-'.length)] = value;
  }
  if (Object.keys(metadata).length > 0) input['Metadata'] = metadata;
  const tagging = fields.get('tagging');
  if (tagging !== undefined) input['$taggingDocument'] = tagging;
  return input;
}

async function* within(
  file: AsyncIterable<Uint8Array>,
  range: LengthRange | undefined,
): AsyncGenerator<Uint8Array> {
  const { least, most } = range ?? { least: 0, most: MOST_PUT_BYTES };
  let size = 0;
  for await (const chunk of file) {
    size += chunk.byteLength;
    if (size > most) throw entityTooLarge(size, most);
    yield chunk;
  }
  if (size >= least) return;
  throw new AwsError(
    'EntityTooSmall',
    400,
    'Your proposed upload is smaller than the minimum allowed size',
    { members: { ProposedSize: String(size), MinSizeAllowed: String(least) } },
  );
}

function respond(
  request: S3Request,
  { fields }: Form,
  made: { readonly bucket: string; readonly key: string; readonly etag: string },
): S3Answer {
  const location = `${request.endpoint}/${made.bucket}/${made.key.split('/').map(percentEncode).join('/')}`;
  const headers: Record<string, string> = { etag: made.etag, location };
  const noBody = new Uint8Array(0);
  const redirect = fields.get('success_action_redirect') ?? fields.get('redirect');
  if (redirect !== undefined && URL.canParse(redirect)) {
    const target = new URL(redirect);
    target.searchParams.set('bucket', made.bucket);
    target.searchParams.set('key', made.key);
    target.searchParams.set('etag', made.etag);
    headers['location'] = target.href;
    return { response: { status: 303, headers, body: noBody } };
  }
  const status = fields.get('success_action_status');
  if (status === '200') return { response: { status: 200, headers, body: noBody } };
  if (status !== '201') return { response: { status: 204, headers, body: noBody } };
  const content = Object.entries({
    Location: location,
    Bucket: made.bucket,
    Key: made.key,
    ETag: made.etag,
  })
    .map(([name, text]) => `<${name}>${xmlText(text)}</${name}>`)
    .join('');
  const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse>${content}</PostResponse>`;
  headers['content-type'] = 'application/xml';
  return { response: { status: 201, headers, body: Buffer.from(xml) } };
}
