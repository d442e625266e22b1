import type { Clock } from '../../lib/clock.ts';
import type { Identities } from '../../iam/identities.ts';
import type { Ids } from '../../lib/ids.ts';
import type { ImageRegistry } from '../../registry/image-registry.ts';
import type { LayerLinks } from '../../registry/layer-links.ts';
import type { Uploads } from '../../registry/uploads.ts';

/** What the operations of ECR work with. */
export interface EcrRoom {
  readonly registry: ImageRegistry;
  readonly uploads: Uploads;
  readonly links: LayerLinks;
  readonly identities: Identities;
  readonly clock: Clock;
  readonly ids: Ids;
}
