import type { Clock } from '../../lib/clock.ts';
import type { SegmentRepository } from './segment-repository.ts';

/** What the operations of X-Ray work with. */
export interface XrayRoom {
  readonly segments: SegmentRepository;
  readonly clock: Clock;
}
