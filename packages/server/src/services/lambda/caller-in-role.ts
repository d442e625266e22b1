/** A function's role, as what is asked in its name before the function runs. */
import type { CallAsCaller } from '../../core/call-as.ts';
import { RoleNotAssumable } from '../../core/invocation.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { invalidParameter } from './lambda-errors.ts';

/** Names the session, and where it is. */
export interface InRole {
  readonly functionName: string;
  readonly region: string;
}

/** Asks where `target` is, if that is said. */
export async function callerInRole(
  { roles }: LambdaRoom,
  role: string,
  { functionName, region }: InRole,
  target = '',
): Promise<CallAsCaller> {
  const [, , , there = ''] = target.split(':');
  try {
    const { principal } = await roles.assume(role, functionName, 'lambda.amazonaws.com');
    return { principal, account: principal.account, region: there === '' ? region : there };
  } catch (error) {
    if (!(error instanceof RoleNotAssumable)) throw error;
    const message = 'The role defined for the function cannot be assumed by Lambda.';
    throw invalidParameter(message, error);
  }
}
