/** STS as far as it is served. */
import { serviceOf, type Service } from '../../core/operation.ts';
import { assumeRole } from './assume-role.ts';
import { assumeRoleWithWebIdentity } from './assume-role-with-web-identity.ts';
import { decodeAuthorizationMessage } from './decode-authorization-message.ts';
import type { StsDeps } from './deps.ts';
import { getAccessKeyInfo } from './get-access-key-info.ts';
import { getCallerIdentity } from './get-caller-identity.ts';
import { getSessionToken } from './get-session-token.ts';

export function createStsService(deps: StsDeps): Service {
  return serviceOf('sts', [
    assumeRole(deps),
    assumeRoleWithWebIdentity(deps),
    decodeAuthorizationMessage(deps),
    getAccessKeyInfo(),
    getCallerIdentity(),
    getSessionToken(deps),
  ]);
}
