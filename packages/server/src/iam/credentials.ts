/** From the access key of a request to the one who holds it. */
import type {
  Principal,
  RootPrincipal,
  SessionAttributes,
  UserPrincipal,
} from '../core/principal.ts';
import type { Clock } from '../lib/clock.ts';
import { expiredToken, invalidToken } from './denials.ts';
import { assumedRoleArn, roleArn, type Role } from './role.ts';
import { openSession } from './session-token.ts';
import { userArn, type User } from './user.ts';

export type ListenerKind = 'public' | 'sandbox';

export interface FoundCredentials {
  readonly principal: Exclude<Principal, { readonly kind: 'service' }>;
  readonly account: string;
  readonly secretAccessKey: string;
}

/** A key pair without an end, of a root or a user, that is active. */
export interface AccessKey {
  readonly secret: string;
  readonly principal: RootPrincipal | UserPrincipal;
}

export interface CredentialSources {
  readonly clock: Clock;
  readonly serverKey: Uint8Array;
  accessKey(id: string): AccessKey | undefined;
  roleById(id: string): Role | undefined;
  userById(id: string): User | undefined;
}

/** Throws the `AwsError` of the service that the request is for. */
export function findCredentials(
  sources: CredentialSources,
  request: {
    readonly accessKeyId: string;
    readonly sessionToken: string | undefined;
    readonly listener: ListenerKind;
    readonly service: string;
  },
): FoundCredentials {
  const found =
    request.sessionToken === undefined
      ? longTerm(sources, request.accessKeyId)
      : temporary(sources, request.accessKeyId, request.sessionToken, request.service);
  if (found === undefined) throw invalidToken(request.service);
  // What runs in a sandbox has its role's credentials; no other key exists for it.
  const isHidden = request.listener === 'sandbox' && found.principal.kind === 'root';
  if (isHidden) throw invalidToken(request.service);
  return found;
}

export function rootPrincipal(account: string): RootPrincipal {
  return { kind: 'root', account, arn: `arn:aws:iam::${account}:root`, userId: account };
}

export function userPrincipal(user: User): UserPrincipal {
  const { account, id, name } = user;
  return { kind: 'user', account, arn: userArn(user), userId: id, userName: name };
}

function longTerm(sources: CredentialSources, id: string): FoundCredentials | undefined {
  const key = sources.accessKey(id);
  if (key === undefined) return undefined;
  const { principal, secret } = key;
  return { principal, account: principal.account, secretAccessKey: secret };
}

function temporary(
  sources: CredentialSources,
  accessKeyId: string,
  token: string,
  service: string,
): FoundCredentials | undefined {
  const session = openSession(sources.serverKey, token);
  if (session === undefined || session.accessKeyId !== accessKeyId) return undefined;
  if (session.expiresAtMs <= sources.clock.nowMs()) throw expiredToken(service);
  const { secretAccessKey, subject } = session;
  if (subject.kind === 'root') {
    const principal = rootPrincipal(subject.account);
    return { principal, account: subject.account, secretAccessKey };
  }
  if (subject.kind === 'user') {
    const user = sources.userById(subject.userId);
    // AWS: without a multi-factor device such credentials are nobody to IAM.
    if (user === undefined || service === 'iam') return undefined;
    const principal = { ...userPrincipal(user), isTemporary: true as const };
    return { principal, account: user.account, secretAccessKey };
  }
  const role = sources.roleById(subject.roleId);
  if (role === undefined) return undefined;
  const principal = roleSessionPrincipal(role, subject.sessionName, subject.session);
  return { principal, account: role.account, secretAccessKey };
}

export function roleSessionPrincipal(
  role: Role,
  sessionName: string,
  session?: SessionAttributes,
): Extract<Principal, { readonly kind: 'role-session' }> {
  return {
    kind: 'role-session',
    account: role.account,
    arn: assumedRoleArn(role, sessionName),
    userId: `${role.id}:${sessionName}`,
    roleArn: roleArn(role),
    sessionName,
    ...(session === undefined ? {} : { session }),
  };
}
