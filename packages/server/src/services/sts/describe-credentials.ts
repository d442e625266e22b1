import type { Credentials as ApiCredentials } from '@aws-sdk/client-sts';
import type { Credentials } from '../../core/principal.ts';

export function describeCredentials(credentials: Credentials): ApiCredentials {
  return {
    AccessKeyId: credentials.accessKeyId,
    SecretAccessKey: credentials.secretAccessKey,
    SessionToken: credentials.sessionToken,
    Expiration: new Date(credentials.expiresAtMs),
  };
}
