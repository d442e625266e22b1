/** The requests that were denied last, in memory: what `hearth explain` shows. */
import { anonymous } from '../core/principal.ts';
import type { Clock } from '../lib/clock.ts';
import type { Denial } from './explain-denial.ts';

export interface RecentDenial extends Denial {
  readonly requestId: string;
  readonly atMs: number;
}

export interface RecentDenials {
  note(requestId: string, denial: Denial): void;
  find(account: string, requestId: string): RecentDenial | undefined;
  /** Newest first. */
  list(account: string): readonly RecentDenial[];
}

/**
 * A function that asks in vain again and again pushes out its own account's denials alone, and
 * somebody without a signature those of others without one.
 */
const KEPT_PER_ACCOUNT = 200;
/** Longer names are no principal's or resource's that exists, and memory is the server's. */
const LONGEST_NAME = 2_048;

export function createRecentDenials(clock: Clock): RecentDenials {
  const ofCallers = new Map<string, Map<string, RecentDenial>>();
  const ofStrangers = new Map<string, Map<string, RecentDenial>>();
  return {
    note(requestId, denial) {
      const { account = '', principal, resource } = denial;
      if (account === '' || resource.length > LONGEST_NAME) return;
      const byAccount = principal === anonymous.arn ? ofStrangers : ofCallers;
      const denials = byAccount.get(account) ?? new Map<string, RecentDenial>();
      byAccount.set(account, denials);
      denials.set(requestId, { ...denial, requestId, atMs: clock.nowMs() });
      if (denials.size <= KEPT_PER_ACCOUNT) return;
      for (const [oldest] of denials) {
        denials.delete(oldest);
        break;
      }
    },
    find: (account, requestId) =>
      ofCallers.get(account)?.get(requestId) ?? ofStrangers.get(account)?.get(requestId),
    list: (account) =>
      [ofCallers, ofStrangers]
        .flatMap((byAccount) => [...(byAccount.get(account)?.values() ?? [])].reverse())
        .toSorted((left, right) => right.atMs - left.atMs),
  };
}
