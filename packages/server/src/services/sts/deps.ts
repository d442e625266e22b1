import type { Identities } from '../../iam/identities.ts';
import type { WebIdentityKeys } from '../../iam/web-identity-keys.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/ids.ts';

/** What every operation of STS is made from. */
export interface StsDeps {
  readonly identities: Identities;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Whom AssumeRoleWithWebIdentity believes; without it nobody. */
  readonly webIdentityKeys?: WebIdentityKeys;
}
