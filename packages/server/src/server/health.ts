/** What `GET /_hearth/health` answers: enough to see at a glance what runs and how. */
import type { RuntimeCatalogue } from '@hearth/runtimes';
import type { Clock } from '../lib/clock.ts';
import type { StartedInvoker } from '../invoke/start-invoker.ts';
import type { SandboxDriver } from '../sandbox/driver.ts';
import { describeNetwork } from '../sandbox/network/policy.ts';
import { withoutEffect } from './without-effect.ts';

export interface HealthDeps {
  readonly version: string;
  /** Names of the APIs that are served. */
  readonly services: readonly string[];
  readonly driver: SandboxDriver;
  readonly isolationWarning: string | undefined;
  readonly networkWarning: string | undefined;
  readonly runtimes: RuntimeCatalogue;
  readonly invoker: StartedInvoker;
  readonly clock: Clock;
  /** What could not be told of asynchronous invocations. */
  readonly asynchronous: () => object;
  /** Event source mappings that take nothing, and why. */
  readonly troubledMappings: () => readonly object[];
  /** Records that could not be read, by their kind: kept aside, never served. */
  readonly damage: () => Readonly<Record<string, number>>;
}

export function createHealthReport(deps: HealthDeps): () => Promise<object> {
  const startedAtMs = deps.clock.monotonicMs();
  return async () => {
    const runtimes = await deps.runtimes.survey();
    return {
      status: 'ok',
      version: deps.version,
      uptimeSeconds: Math.floor((deps.clock.monotonicMs() - startedAtMs) / 1000),
      isolation: {
        driver: deps.driver.isolation,
        description: deps.driver.description,
        ...(deps.isolationWarning === undefined ? {} : { warning: deps.isolationWarning }),
        advisories: deps.driver.advisories,
      },
      network: {
        kind: deps.driver.network.kind,
        description: describeNetwork(deps.driver.network),
        ...(deps.networkWarning === undefined ? {} : { warning: deps.networkWarning }),
      },
      services: deps.services,
      runtimes: Object.fromEntries(
        runtimes.map((each) => [
          each.identifier,
          each.isAvailable ? 'available' : `unavailable: ${each.detail}`,
        ]),
      ),
      invocations: deps.invoker.snapshot(),
      asynchronousInvocations: deps.asynchronous(),
      troubledEventSourceMappings: deps.troubledMappings(),
      damagedRecords: deps.damage(),
      withoutEffect,
    };
  };
}
