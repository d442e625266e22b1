import type { GetSessionTokenRequest, GetSessionTokenResponse } from '@aws-sdk/client-sts';
import { notImplemented } from '../../core/aws-error.ts';
import type { Operation } from '../../core/operation.ts';
import { accessDenied } from '../../iam/denials.ts';
import { accessKeyId as newAccessKeyId } from '../../iam/unique-id.ts';
import type { StsDeps } from './deps.ts';
import { describeCredentials } from './describe-credentials.ts';

/** AWS: a root's temporary credentials last an hour at most, whatever was asked for. */
const ROOT_SESSION_SECONDS = 3600;
/** AWS: a user's, where nothing else is asked for. */
const USER_SESSION_SECONDS = 12 * 3600;

export function getSessionToken(
  deps: StsDeps,
): Operation<GetSessionTokenRequest, GetSessionTokenResponse> {
  return {
    name: 'GetSessionToken',
    // AWS: needs no permission.
    permissions: () => [],
    async handle(input, { principal }) {
      const isLongTerm =
        principal.kind === 'root' || (principal.kind === 'user' && principal.isTemporary !== true);
      if (!isLongTerm) {
        throw accessDenied('sts', 'Cannot call GetSessionToken with session credentials');
      }
      if (input.SerialNumber !== undefined || input.TokenCode !== undefined) {
        throw notImplemented('sts', 'GetSessionToken with a multi-factor device');
      }
      const { account } = principal;
      const subject =
        principal.kind === 'root'
          ? ({ kind: 'root', account } as const)
          : ({ kind: 'user', userId: principal.userId } as const);
      const seconds =
        principal.kind === 'root'
          ? Math.min(input.DurationSeconds ?? ROOT_SESSION_SECONDS, ROOT_SESSION_SECONDS)
          : (input.DurationSeconds ?? USER_SESSION_SECONDS);
      const accessKeyId = newAccessKeyId(deps.ids, 'ASIA', account);
      const expiresAtMs = deps.clock.nowMs() + seconds * 1000;
      const sealed = deps.identities.seal({ accessKeyId, subject, expiresAtMs });
      const { secretAccessKey, token: sessionToken } = sealed;
      const credentials = { accessKeyId, secretAccessKey, sessionToken, expiresAtMs };
      return { Credentials: describeCredentials(credentials) };
    },
  };
}
