/** ARNs of log groups and streams, in the forms in which AWS shows them and asks IAM about them. */
import type { Permission } from '../../core/operation.ts';
import type { LogOwner } from '../../observe/log-store/log-store.ts';

/** `arn:aws:logs:<region>:<account>:log-group:<name>` */
export function groupArn(owner: LogOwner, group: string): string {
  return `arn:aws:logs:${owner.region}:${owner.account}:log-group:${group}`;
}

export function streamArn(owner: LogOwner, group: string, stream: string): string {
  return `${groupArn(owner, group)}:log-stream:${stream}`;
}

/**
 * AWS: actions on a group ask for its ARN with an empty stream, as its access-denied messages
 * show; a policy's `log-group:<name>:*` matches it, `log-group:<name>` does not.
 */
export function groupPermission(
  action: string,
  owner: LogOwner,
  group: string,
): readonly Permission[] {
  return streamPermission(action, owner, group, '');
}

export function streamPermission(
  action: string,
  owner: LogOwner,
  group: string,
  stream: string,
): readonly Permission[] {
  return [{ action: `logs:${action}`, resources: [streamArn(owner, group, stream)] }];
}

/**
 * The newer tag actions ask for the group's ARN without `:*`. Any partition is accepted and means
 * the same group: the caller's spelling must not be a way round a Deny.
 */
export function tagPermission(action: string, resourceArn: string): readonly Permission[] {
  const arn = resourceArn.replace(/:\*$/, '').replace(/^arn:aws[\w-]*:/, 'arn:aws:');
  return [{ action: `logs:${action}`, resources: [arn] }];
}

/** The name in a group's ARN (with or without `:*`); undefined for anything else. */
export function groupOfArn(arn: string, owner: LogOwner): string | undefined {
  const [, region, account, name] =
    /^arn:aws[\w-]*:logs:([^:]*):([^:]*):log-group:([^:]+)(?::\*)?$/.exec(arn) ?? [];
  return region === owner.region && account === owner.account ? name : undefined;
}
