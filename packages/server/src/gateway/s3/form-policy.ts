/**
 * The policy that allows a form: signed by somebody with a key, it says which fields may have
 * which values, how long the file may be, and until when.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
 */
import { timingSafeEqual } from 'node:crypto';
import { AwsError } from '../../core/aws-error.ts';
import { verifyText } from '../../wire/sigv2.ts';
import { signatureOf, signingKey, type SigningScope } from '../../wire/sigv4-key.ts';

export interface FormSignature {
  readonly accessKeyId: string;
  readonly signature: string;
  readonly policy: string;
  /** Undefined: version 2, which has none. */
  readonly scope: SigningScope | undefined;
}

/** Undefined: the form is nobody's. */
export function formSignatureOf(fields: ReadonlyMap<string, string>): FormSignature | undefined {
  const policy = fields.get('policy');
  if (policy === undefined) return undefined;
  const [olderKey, older] = [fields.get('awsaccesskeyid'), fields.get('signature')];
  if (olderKey !== undefined && older !== undefined) {
    return { accessKeyId: olderKey, signature: older, policy, scope: undefined };
  }
  const [accessKeyId, date, region, service, terminator] = (
    fields.get('x-amz-credential') ?? ''
  ).split('/');
  const signature = fields.get('x-amz-signature');
  if (
    fields.get('x-amz-algorithm') !== 'AWS4-HMAC-SHA256' ||
    terminator !== 'aws4_request' ||
    service !== 's3' ||
    !accessKeyId ||
    !date ||
    !region ||
    signature === undefined
  ) {
    throw new AwsError(
      'InvalidArgument',
      400,
      'Bucket POST must contain a field named x-amz-signature with AWS4-HMAC-SHA256 and a ' +
        'credential for s3.',
    );
  }
  return { accessKeyId, signature, policy, scope: { date, region, service } };
}

export function verifyFormSignature(
  { signature, policy, scope }: FormSignature,
  secretAccessKey: string,
): void {
  if (scope === undefined) return verifyText(signature, secretAccessKey, policy);
  const expected = Buffer.from(signatureOf(signingKey(secretAccessKey, scope), policy));
  const given = Buffer.from(signature);
  if (expected.byteLength === given.byteLength && timingSafeEqual(expected, given)) return;
  throw new AwsError(
    'SignatureDoesNotMatch',
    403,
    'The request signature we calculated does not match the signature you provided. Check your ' +
      'key and signing method.',
  );
}

export interface LengthRange {
  readonly least: number;
  readonly most: number;
}

/** Throws where the form breaks its policy; the length of the file is for the caller to watch. */
export function checkFormPolicy(
  text: string,
  fields: ReadonlyMap<string, string>,
  nowMs: number,
): LengthRange | undefined {
  const policy = parsePolicy(text);
  const expiresMs = Date.parse(policy.expiration);
  if (Number.isNaN(expiresMs)) throw invalidPolicy("Invalid 'expiration' value");
  if (nowMs > expiresMs) throw denied('Policy expired.');
  let range: LengthRange | undefined;
  const covered = new Set<string>();
  for (const condition of policy.conditions) {
    if (Array.isArray(condition)) {
      const [operator, ...rest] = condition as readonly unknown[];
      if (String(operator).toLowerCase() === 'content-length-range') {
        range = { least: Number(rest[0]), most: Number(rest[1]) };
        if (Number.isNaN(range.least) || Number.isNaN(range.most)) {
          throw invalidPolicy('Invalid content-length-range.');
        }
        continue;
      }
      covered.add(checkOne(String(operator), String(rest[0]), String(rest[1]), fields, condition));
    } else if (typeof condition === 'object' && condition !== null) {
      for (const [name, value] of Object.entries(condition)) {
        covered.add(checkOne('eq', `$${name}`, String(value), fields, condition));
      }
    } else throw invalidPolicy('Invalid Condition.');
  }
  for (const name of fields.keys()) {
    if (covered.has(name) || free.has(name) || name.startsWith('x-ignore-')) continue;
    throw denied(`Extra input fields: ${name}`);
  }
  return range;
}

/** Fields that no condition has to name. */
const free: ReadonlySet<string> = new Set([
  'policy',
  'x-amz-signature',
  'awsaccesskeyid',
  'signature',
  'file',
  'bucket',
]);

function checkOne(
  operator: string,
  variable: string,
  wanted: string,
  fields: ReadonlyMap<string, string>,
  condition: unknown,
): string {
  if (!variable.startsWith('$')) throw invalidPolicy('Invalid Condition.');
  const name = variable.slice(1).toLowerCase();
  const given = fields.get(name) ?? '';
  const holds =
    operator.toLowerCase() === 'starts-with' ? startsWith(name, given, wanted) : given === wanted;
  if (!holds) {
    throw denied(`Policy Condition failed: ${JSON.stringify(asTriple(condition, operator))}`);
  }
  return name;
}

function startsWith(name: string, given: string, wanted: string): boolean {
  // AWS: a list of content types must fit as a whole.
  const parts = name === 'content-type' ? given.split(',') : [given];
  return parts.every((each) => each.startsWith(wanted));
}

/** AWS prints both forms of a condition as the longer one. */
function asTriple(condition: unknown, operator: string): unknown {
  if (Array.isArray(condition)) return condition;
  const [[name, value] = ['', '']] = Object.entries(condition as Record<string, string>);
  return [operator, `$${name}`, value];
}

function parsePolicy(text: string): {
  readonly expiration: string;
  readonly conditions: readonly unknown[];
} {
  let json: { expiration?: unknown; conditions?: unknown } | null;
  try {
    json = JSON.parse(Buffer.from(text, 'base64').toString('utf8')) as typeof json;
  } catch (cause) {
    throw new AwsError('InvalidPolicyDocument', 400, 'Invalid Policy: Invalid JSON.', { cause });
  }
  if (typeof json?.expiration !== 'string') throw invalidPolicy("Policy missing 'expiration'.");
  if (!Array.isArray(json.conditions)) throw invalidPolicy("Policy missing 'conditions'.");
  return { expiration: json.expiration, conditions: json.conditions };
}

function invalidPolicy(what: string): AwsError {
  return new AwsError('InvalidPolicyDocument', 400, `Invalid Policy: ${what}`);
}

function denied(what: string): AwsError {
  return new AwsError('AccessDenied', 403, `Invalid according to Policy: ${what}`);
}
