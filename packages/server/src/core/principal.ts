/** Who acts. Every request and every act of the platform on somebody's behalf has one. */
export type Principal =
  | RootPrincipal
  | UserPrincipal
  | RoleSessionPrincipal
  | ServicePrincipal
  | AnonymousPrincipal;

/** Nobody: a request without a signature. It has what a resource policy gives to everybody. */
export interface AnonymousPrincipal {
  readonly kind: 'anonymous';
  /** Empty: no account has it. */
  readonly account: string;
  readonly arn: string;
  readonly userId: string;
}

export const anonymous: AnonymousPrincipal = {
  kind: 'anonymous',
  account: '',
  arn: 'anonymous',
  userId: 'anonymous',
};

export interface RootPrincipal {
  readonly kind: 'root';
  readonly account: string;
  /** `arn:aws:iam::<account>:root` */
  readonly arn: string;
  readonly userId: string;
}

export interface UserPrincipal {
  readonly kind: 'user';
  readonly account: string;
  readonly arn: string;
  readonly userId: string;
  readonly userName: string;
  /** Acts by temporary credentials (GetSessionToken), which AWS lets do less. */
  readonly isTemporary?: true;
}

export interface RoleSessionPrincipal {
  readonly kind: 'role-session';
  readonly account: string;
  /** `arn:aws:sts::<account>:assumed-role/<role>/<session>` */
  readonly arn: string;
  /** `<role id>:<session name>` */
  readonly userId: string;
  readonly roleArn: string;
  readonly sessionName: string;
  /** What AssumeRole was given for this session alone. */
  readonly session?: SessionAttributes;
}

export interface SessionAttributes {
  /** Session policies, which can only take away: JSON documents and ARNs of managed policies. */
  readonly policies?: readonly string[];
  readonly policyArns?: readonly string[];
  /** They hide the role's tags of the same key. */
  readonly tags?: readonly { readonly key: string; readonly value: string }[];
  /** Keys of those tags that sessions assumed from this one have as well. */
  readonly transitiveTagKeys?: readonly string[];
  readonly sourceIdentity?: string;
}

/** An AWS service acting for itself, such as `lambda.amazonaws.com`. */
export interface ServicePrincipal {
  readonly kind: 'service';
  readonly service: string;
}

/** Credentials as a client holds them. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** Milliseconds since 1970. */
  readonly expiresAtMs: number;
}

export interface RoleSession {
  readonly principal: RoleSessionPrincipal;
  readonly credentials: Credentials;
}

/**
 * Somebody whom an OpenID Connect provider vouches for, as a role's trust policy sees it. Acts only
 * by the role's session that it gets.
 */
export interface WebIdentityPrincipal {
  readonly kind: 'web-identity';
  readonly account: string;
  /** ARN of the provider. */
  readonly provider: string;
}
