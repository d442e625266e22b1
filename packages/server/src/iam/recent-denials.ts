/** The requests that were denied last, in memory: what `hearth explain` shows. */
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

/** A function that asks in vain again and again pushes out its own account's denials alone. */
const KEPT_PER_ACCOUNT = 200;
/** Longer names are no principal's or resource's that exists, and memory is the server's. */
const LONGEST_NAME = 2_048;

export function createRecentDenials(clock: Clock): RecentDenials {
  const byAccount = new Map<string, Map<string, RecentDenial>>();
  return {
    note(requestId, denial) {
      if (denial.account === undefined || denial.resource.length > LONGEST_NAME) return;
      const denials = byAccount.get(denial.account) ?? new Map<string, RecentDenial>();
      byAccount.set(denial.account, denials);
      denials.set(requestId, { ...denial, requestId, atMs: clock.nowMs() });
      if (denials.size <= KEPT_PER_ACCOUNT) return;
      for (const [oldest] of denials) {
        denials.delete(oldest);
        break;
      }
    },
    find: (account, requestId) => byAccount.get(account)?.get(requestId),
    list: (account) => [...(byAccount.get(account)?.values() ?? [])].reverse(),
  };
}
