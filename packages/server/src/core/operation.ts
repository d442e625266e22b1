/**
 * An operation of an AWS API as data plus a function. The gateway does the rest once for all
 * services: authenticate, parse, validate, authorise, call, answer.
 */
import type { Principal } from './principal.ts';

export interface OperationContext {
  /** The `x-amzn-RequestId` of the answer. */
  readonly requestId: string;
  /** Twelve digits. */
  readonly account: string;
  readonly region: string;
  readonly principal: Principal;
  /** Base URL under which this caller reached the server, without a slash at its end. */
  readonly endpoint: string;
  /** Aborted when the caller has gone. */
  readonly signal: AbortSignal;
  /** Where the request came from; undefined for what the platform does itself. */
  readonly sourceIp?: string;
  /** The caller's X-Amzn-Trace-Id, where it sent one. */
  readonly traceHeader?: string;
}

/** What the caller must be allowed to do; all of them, each on each of its resources. */
export interface Permission {
  /** `lambda:InvokeFunction` */
  readonly action: string;
  /** ARNs; `['*']` for actions that have no resource. */
  readonly resources: readonly string[];
  /** Condition keys this operation supplies, such as `iam:PassedToService`. */
  readonly conditions?: Readonly<Record<string, string | readonly string[]>>;
  /** Whose the resources are, where their ARNs do not tell (S3's name no account). */
  readonly resourceAccount?: string;
  /** The policy of the resources themselves, where they have one. */
  readonly resourcePolicy?: ResourcePolicy;
}

/**
 * A resource-based policy as its JSON says, already checked. Immutable: what is compiled of one
 * object is kept as long as the object.
 */
export interface ResourcePolicy {
  readonly Version: '2008-10-17' | '2012-10-17';
  readonly Id?: string;
  readonly Statement: readonly ResourcePolicyStatement[];
}

export interface ResourcePolicyStatement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
}

export interface Operation<Input extends object = never, Output extends object = object> {
  /** AWS's name of it: `CreateFunction`. */
  readonly name: string;
  /** AWS answers it without a signature: what it is given says who asks. */
  readonly isUnsigned?: true;
  /** What the caller needs, computed at once from the validated input and what is in memory. */
  permissions(input: Input, context: OperationContext): readonly Permission[];
  handle(input: Input, context: OperationContext): Promise<Output>;
}

export type AnyOperation = Operation;

/** One AWS API as Hearth serves it: `name` is that of its model in `wire/`. */
export interface Service {
  readonly name: ServiceName;
  readonly operations: ReadonlyMap<string, AnyOperation>;
}

export type ServiceName =
  | 'lambda'
  | 'iam'
  | 'sts'
  | 'logs'
  | 's3'
  | 'sqs'
  | 'sns'
  | 'events'
  | 'xray'
  | 'ecr';

export function serviceOf(name: ServiceName, operations: readonly AnyOperation[]): Service {
  return { name, operations: new Map(operations.map((each) => [each.name, each])) };
}
