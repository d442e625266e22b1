/** What AssumeRole gives a session beyond its role: session policies, tags, a source identity. */
import { deflateRawSync } from 'node:zlib';
import type { AssumeRoleRequest } from '@aws-sdk/client-sts';
import { AwsError } from '../../core/aws-error.ts';
import type { Principal, SessionAttributes } from '../../core/principal.ts';
import type { Tag } from '../../iam/entity.ts';
import { MalformedPolicy, parsePolicyDocument, policySize } from '../../iam/policy-document.ts';
import type { OperationKeys } from '../../iam/request-keys.ts';
import type { Validated } from '../validated.ts';
import type { StsDeps } from './deps.ts';

type Input = Validated<AssumeRoleRequest>;

export interface ReadSession {
  /** Undefined where the request gives nothing of this. */
  readonly session: SessionAttributes | undefined;
  /** The percentage of what AWS's packed form may hold. */
  readonly packedPercent: number | undefined;
  /** What the caller must be allowed, besides `sts:AssumeRole`. */
  readonly actions: readonly string[];
  readonly keys: OperationKeys;
}

/** Throws what the caller is answered. */
export function readSession(deps: StsDeps, principal: Principal, input: Input): ReadSession {
  const inherited = transitiveTags(principal);
  const given = readTags(input, inherited);
  const tags = [...inherited, ...given];
  const transitiveTagKeys = [
    ...inherited.map(({ key }) => key),
    ...readTransitiveKeys(input, given),
  ];
  const sourceIdentity = input.SourceIdentity ?? sourceIdentityOf(principal);
  const policies = input.Policy === undefined ? [] : [readPolicy(input.Policy)];
  const policyArns = (input.PolicyArns ?? []).map(({ arn }) => readArn(deps, principal, arn ?? ''));
  const session = {
    ...(policies.length === 0 ? {} : { policies }),
    ...(policyArns.length === 0 ? {} : { policyArns }),
    ...(tags.length === 0 ? {} : { tags }),
    ...(transitiveTagKeys.length === 0 ? {} : { transitiveTagKeys }),
    ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
  };
  const packedPercent = packedSize(policies, policyArns, tags);
  return {
    session: Object.keys(session).length === 0 ? undefined : session,
    packedPercent,
    actions: [
      ...(tags.length === 0 ? [] : ['sts:TagSession']),
      ...(sourceIdentity === undefined ? [] : ['sts:SetSourceIdentity']),
    ],
    keys: keysOf(tags, transitiveTagKeys, sourceIdentity),
  };
}

/** AWS: what a session has, the sessions assumed from it have as well. */
function transitiveTags(principal: Principal): readonly Tag[] {
  if (principal.kind !== 'role-session') return [];
  const keys = new Set(principal.session?.transitiveTagKeys);
  return (principal.session?.tags ?? []).filter(({ key }) => keys.has(key));
}

function sourceIdentityOf(principal: Principal): string | undefined {
  return principal.kind === 'role-session' ? principal.session?.sourceIdentity : undefined;
}

function readTags(input: Input, inherited: readonly Tag[]): readonly Tag[] {
  const tags = (input.Tags ?? []).map(({ Key, Value }) => ({ key: Key ?? '', value: Value ?? '' }));
  const known = new Set(inherited.map(({ key }) => key.toLowerCase()));
  for (const { key } of tags) {
    if (known.has(key.toLowerCase())) {
      throw invalid(`Duplicate tag keys found. Please note that Tag keys are case insensitive.`);
    }
    known.add(key.toLowerCase());
  }
  return tags;
}

function readTransitiveKeys(input: Input, given: readonly Tag[]): readonly string[] {
  const keys = input.TransitiveTagKeys ?? [];
  const missing = keys.find((key) => !given.some((tag) => tag.key === key));
  if (missing === undefined) return keys;
  throw invalid(`The specified transitive tag key must be included in the requested tags.`);
}

function readPolicy(text: string): string {
  try {
    parsePolicyDocument(text, 'inline');
    return text;
  } catch (error) {
    if (!(error instanceof MalformedPolicy)) throw error;
    throw new AwsError('MalformedPolicyDocument', 400, error.message, { cause: error });
  }
}

function readArn({ identities }: StsDeps, principal: Principal, arn: string): string {
  const account = principal.kind === 'service' ? '' : principal.account;
  const owner = /^arn:aws:iam::(aws|\d{12}):policy\/./.exec(arn)?.[1];
  const isVisible = owner === 'aws' || owner === account;
  if (isVisible && identities.policies.find(arn) !== undefined) return arn;
  throw invalid(`The policy ${arn} cannot be found.`);
}

/**
 * AWS packs policies and tags in a form that is not documented, and refuses what is too long in
 * it; here they are compressed, and measured against the same two kilobytes.
 */
function packedSize(
  policies: readonly string[],
  policyArns: readonly string[],
  tags: readonly Tag[],
): number | undefined {
  if (policies.length + policyArns.length + tags.length === 0) return undefined;
  const text = JSON.stringify([policies, policyArns, tags]);
  const percent = Math.ceil((deflateRawSync(text).length * 100) / PACKED_BYTES);
  const isLong = policies.some((policy) => policySize(policy) > PACKED_BYTES);
  if (percent <= 100 && !isLong) return percent;
  const message = `Packed size of session tags consumes ${percent}% of allotted space.`;
  throw new AwsError('PackedPolicyTooLarge', 400, message);
}

function keysOf(
  tags: readonly Tag[],
  transitive: readonly string[],
  sourceIdentity: string | undefined,
): OperationKeys {
  const requested = tags.map(({ key, value }) => [`aws:RequestTag/${key}`, value]);
  return {
    ...(Object.fromEntries(requested) as OperationKeys),
    ...(tags.length === 0 ? {} : { 'aws:TagKeys': tags.map(({ key }) => key) }),
    ...(transitive.length === 0 ? {} : { 'sts:TransitiveTagKeys': transitive }),
    ...(sourceIdentity === undefined ? {} : { 'sts:SourceIdentity': sourceIdentity }),
  };
}

function invalid(message: string): AwsError {
  return new AwsError('ValidationError', 400, message);
}

const PACKED_BYTES = 2048;
