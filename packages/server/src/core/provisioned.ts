/**
 * Provisioned concurrency as numbers: what was asked for, on versions and aliases, and what there
 * is of it. Pure. Mirrors AWS's "Configuring provisioned concurrency for a function".
 */
export interface ProvisionedRequest {
  /** A version's number or an alias's name. */
  readonly qualifier: string;
  readonly requested: number;
  readonly lastModifiedMs: number;
}

/** What the invoke room has of one version. */
export interface ProvisionedCapacity {
  /** Environments that are initialised, whether an invocation has them or not. */
  readonly allocated: number;
  /** Why there are not more, once it is clear that it fails. */
  readonly failure?: string;
}

export interface ProvisionedStatus {
  readonly status: 'IN_PROGRESS' | 'READY' | 'FAILED';
  readonly allocated: number;
  readonly reason?: string;
}

export function totalProvisioned(requests: readonly ProvisionedRequest[] = []): number {
  return requests.reduce((sum, { requested }) => sum + requested, 0);
}

/** By version; where several aliases point to one version it gets the sum. */
export function provisionedByVersion(
  requests: readonly ProvisionedRequest[] = [],
  versionOf: (qualifier: string) => string,
): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const { qualifier, requested } of requests) {
    const version = versionOf(qualifier);
    sums.set(version, (sums.get(version) ?? 0) + requested);
  }
  return sums;
}

/** `before`: what requests for the same version that come before this one have asked for. */
export function provisionedStatus(
  requested: number,
  before: number,
  capacity: ProvisionedCapacity,
): ProvisionedStatus {
  const allocated = Math.max(0, Math.min(requested, capacity.allocated - before));
  if (allocated === requested) return { status: 'READY', allocated };
  const { failure } = capacity;
  return failure === undefined
    ? { status: 'IN_PROGRESS', allocated }
    : { status: 'FAILED', allocated, reason: failure };
}
