import type { AssumeRoleRequest, AssumeRoleResponse } from '@aws-sdk/client-sts';
import { AwsError, notImplemented } from '../../core/aws-error.ts';
import type { Operation } from '../../core/operation.ts';
import type { Principal } from '../../core/principal.ts';
import { decideAssumeRole } from '../../iam/assume-role.ts';
import { startSession } from '../../iam/role-sessions.ts';
import type { Role } from '../../iam/role.ts';
import { invariant } from '../../lib/invariant.ts';
import type { Validated } from '../validated.ts';
import type { StsDeps } from './deps.ts';
import { describeCredentials } from './describe-credentials.ts';
import { readSession } from './session-attributes.ts';

/** AWS: where DurationSeconds is left out, and the most that a role session may ask for. */
export const HOUR_SECONDS = 3600;

export function assumeRole(
  deps: StsDeps,
): Operation<Validated<AssumeRoleRequest>, AssumeRoleResponse> {
  return {
    name: 'AssumeRole',
    // The role's trust policy can make an identity policy unnecessary: `handle` decides on both.
    permissions: () => [],
    async handle(input, { principal, sourceIp, region }) {
      invariant(principal.kind !== 'service', 'services assume roles through RoleSessions');
      refuseUnserved(input);
      const { session, packedPercent, actions, keys } = readSession(deps, principal, input);
      const conditions = {
        ...keys,
        'sts:RoleSessionName': input.RoleSessionName,
        ...(input.ExternalId === undefined ? {} : { 'sts:ExternalId': input.ExternalId }),
      };
      const decision = decideAssumeRole(
        deps.identities,
        principal,
        input.RoleArn,
        conditions,
        ['sts:AssumeRole', ...actions],
        { sourceIp, region },
      );
      if (!decision.isAllowed) throw decision.error;
      const { role } = decision;
      const seconds = input.DurationSeconds ?? HOUR_SECONDS;
      checkDuration(seconds, role, principal);
      const expiresAtMs = deps.clock.nowMs() + seconds * 1000;
      const started = startSession(deps, role, input.RoleSessionName, expiresAtMs, session);
      const { userId, arn } = started.principal;
      return {
        Credentials: describeCredentials(started.credentials),
        AssumedRoleUser: { AssumedRoleId: userId, Arn: arn },
        ...(packedPercent === undefined ? {} : { PackedPolicySize: packedPercent }),
        ...(session?.sourceIdentity === undefined
          ? {}
          : { SourceIdentity: session.sourceIdentity }),
      };
    },
  };
}

/** Throws where the session would be longer than AWS allows. */
export function checkDuration(seconds: number, role: Role, principal: Principal): void {
  if (principal.kind === 'role-session' && seconds > HOUR_SECONDS) {
    throw tooLong('1 hour session limit for roles assumed by role chaining.');
  }
  if (seconds > role.maxSessionSeconds) {
    throw tooLong('MaxSessionDuration set for this role.');
  }
}

function tooLong(limit: string): AwsError {
  const message = `The requested DurationSeconds exceeds the ${limit}`;
  return new AwsError('ValidationError', 400, message);
}

/** Each of these would change what the session may do; none is taken and then ignored. */
function refuseUnserved(input: Validated<AssumeRoleRequest>): void {
  const given = [
    (input.SerialNumber ?? input.TokenCode) !== undefined && 'a multi-factor device',
    (input.ProvidedContexts ?? []).length > 0 && 'provided contexts',
  ].find((each) => each !== false);
  if (given !== undefined) throw notImplemented('sts', `AssumeRole with ${given}`);
}
