/** Which user an operation is about: the one it names, or the caller. */
import type { OperationContext, Permission } from '../../core/operation.ts';
import type { IamDeps } from './deps.ts';
import { permissionOn } from './entity-access.ts';
import { userKind } from './entity-kind.ts';
import { validationError } from './iam-errors.ts';

interface UserInput {
  readonly UserName?: string | undefined;
}

/** Throws where it names none and the caller is no user. */
export function userNameOf({ UserName }: UserInput, { principal }: OperationContext): string {
  if (UserName !== undefined) return UserName;
  if (principal.kind === 'user') return principal.userName;
  throw validationError('Must specify userName when calling with non-User credentials');
}

export function permissionOnUser(
  deps: IamDeps,
  context: OperationContext,
  action: string,
  input: UserInput,
): readonly Permission[] {
  const { principal } = context;
  if (input.UserName === undefined && principal.kind !== 'user') {
    return [{ action, resources: [principal.kind === 'service' ? '*' : principal.arn] }];
  }
  return permissionOn(userKind, deps, context, action, userNameOf(input, context));
}
