/** Values of the condition keys that a request has: AWS's global ones and the operation's own. */
import type { CallSource } from '../core/call-as.ts';
import type { Principal, WebIdentityPrincipal } from '../core/principal.ts';
import type { Identities } from './identities.ts';
import type { ConditionKeys } from './policy-variables.ts';

/** What is known of a request besides who sends it and what it asks for. */
export interface RequestAttributes {
  /** The service's name, which decides how errors are called. */
  readonly service: string;
  readonly sourceIp: string | undefined;
  readonly isSecureTransport: boolean;
  readonly region?: string;
  /** The resource for which a service acts. */
  readonly source?: CallSource;
  /** The service that acts in the caller's name. */
  readonly calledVia?: string;
  /** Keys of one service that say how the request came (`s3:authType`). */
  readonly keys?: OperationKeys;
}

/** Condition keys of one operation, such as `iam:PassedToService`; names in any case. */
export type OperationKeys = Readonly<Record<string, string | readonly string[]>>;

type Caller = Principal | WebIdentityPrincipal;

export function requestKeys(
  identities: Identities,
  principal: Caller,
  attributes: RequestAttributes,
  operationKeys: OperationKeys = {},
): ConditionKeys {
  const own = new Map(
    Object.entries({ ...attributes.keys, ...operationKeys }).map(([key, value]) => [
      key.toLowerCase(),
      [value].flat(),
    ]),
  );
  return (key) => {
    const known = own.get(key);
    if (known !== undefined) return known;
    const value = globalKey(identities, principal, attributes, key);
    return value === undefined ? undefined : [value];
  };
}

function globalKey(
  identities: Identities,
  principal: Caller,
  attributes: RequestAttributes,
  key: string,
): string | undefined {
  switch (key) {
    case 'aws:currenttime':
      return new Date(identities.clock.nowMs()).toISOString();
    case 'aws:epochtime':
      return String(Math.floor(identities.clock.nowMs() / 1000));
    case 'aws:securetransport':
      return String(attributes.isSecureTransport);
    case 'aws:sourceip':
      return attributes.sourceIp?.replace(/^::ffff:(?=\d+\.)/i, '');
    case 'aws:requestedregion':
      return attributes.region;
    case 'aws:sourcearn':
      return attributes.source?.arn;
    case 'aws:calledvia':
    case 'aws:calledviafirst':
    case 'aws:calledvialast':
      return attributes.calledVia;
    case 'aws:viaawsservice':
      return principal.kind === 'service' ? undefined : String(attributes.calledVia !== undefined);
    case 'aws:sourceaccount':
      return attributes.source?.account;
    default:
      return key.startsWith('aws:principaltag/')
        ? principalTag(identities, principal, key.slice('aws:principaltag/'.length))
        : principalKey(principal, key);
  }
}

function principalKey(principal: Caller, key: string): string | undefined {
  if (principal.kind === 'anonymous') return anonymousKeys[key];
  if (principal.kind === 'service') {
    if (key === 'aws:principalisawsservice') return 'true';
    return key === 'aws:principalservicename' ? principal.service : undefined;
  }
  // AWS: not yet a principal; the provider is all that is known besides the token.
  if (principal.kind === 'web-identity') {
    return key === 'aws:federatedprovider' ? principal.provider : undefined;
  }
  switch (key) {
    case 'aws:principalisawsservice':
      return 'false';
    case 'aws:principalarn':
      return principal.kind === 'role-session' ? principal.roleArn : principal.arn;
    case 'aws:principalaccount':
      return principal.account;
    case 'aws:principaltype':
      return principalTypes[principal.kind];
    case 'aws:userid':
      return principal.userId;
    case 'aws:username':
      return principal.kind === 'user' ? principal.userName : undefined;
    case 'aws:multifactorauthpresent':
      // AWS: only temporary credentials have this key.
      return principal.kind === 'role-session' || isTemporary(principal) ? 'false' : undefined;
    case 'aws:sourceidentity':
      return principal.kind === 'role-session' ? principal.session?.sourceIdentity : undefined;
    default:
      return undefined;
  }
}

/**
 * AWS: the keys of tags are not distinguished by case in conditions, and a session's tag hides
 * the role's.
 */
function principalTag(identities: Identities, principal: Caller, name: string): string | undefined {
  if (principal.kind === 'web-identity') return undefined;
  const ofSession = principal.kind === 'role-session' ? (principal.session?.tags ?? []) : [];
  const tags = [...ofSession, ...(identities.actorOf(principal)?.tags ?? [])];
  return tags.find((tag) => tag.key.toLowerCase() === name)?.value;
}

function isTemporary(principal: Principal): boolean {
  return principal.kind === 'user' && principal.isTemporary === true;
}

const anonymousKeys: Readonly<Record<string, string | undefined>> = {
  'aws:principaltype': 'Anonymous',
  'aws:userid': 'anonymous',
  'aws:principalisawsservice': 'false',
  'aws:viaawsservice': 'false',
};

const principalTypes = {
  root: 'Account',
  user: 'User',
  'role-session': 'AssumedRole',
} as const;
