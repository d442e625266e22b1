import type {
  GetAuthorizationTokenRequest,
  GetAuthorizationTokenResponse,
} from '@aws-sdk/client-ecr';
import type { Operation } from '../../core/operation.ts';
import type { EcrRoom } from './ecr-deps.ts';
import { issueLogin } from './registry-login.ts';

/** The registry is at the endpoint itself, by which the caller has reached it. */
export function getAuthorizationToken(
  room: EcrRoom,
): Operation<GetAuthorizationTokenRequest, GetAuthorizationTokenResponse> {
  return {
    name: 'GetAuthorizationToken',
    permissions: () => [{ action: 'ecr:GetAuthorizationToken', resources: ['*'] }],
    handle: async (_, { principal, region, endpoint }) => {
      const { password, expiresAtMs } = issueLogin(room, { principal, region });
      const authorizationToken = Buffer.from(`AWS:${password}`).toString('base64');
      const expiresAt = new Date(expiresAtMs);
      return { authorizationData: [{ authorizationToken, expiresAt, proxyEndpoint: endpoint }] };
    },
  };
}
