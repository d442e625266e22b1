import type { Identities } from '../../iam/identities.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/ids.ts';

/** What every operation of IAM is made from. */
export interface IamDeps {
  readonly identities: Identities;
  readonly clock: Clock;
  readonly ids: Ids;
}
