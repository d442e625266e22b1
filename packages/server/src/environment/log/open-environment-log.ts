/** The log of a new environment: its stream is written in the name of the function's role. */
import type { FunctionVersion } from '../../core/function-version.ts';
import type { Clock } from '../../lib/clock.ts';
import type { EnvironmentPlan } from '../prepare-environment.ts';
import { EnvironmentLog } from './environment-log.ts';
import type { LogShipper } from './log-shipper.ts';

export function openEnvironmentLog(
  { logs, clock }: { readonly logs: LogShipper; readonly clock: Clock },
  version: FunctionVersion,
  { session, logStream, initializationType }: EnvironmentPlan,
): EnvironmentLog {
  const { account, region, logging } = version;
  const { principal } = session;
  const { group } = logging;
  const stream = logs.open({ principal, account, region, group, stream: logStream });
  return new EnvironmentLog({ clock, stream }, version, initializationType);
}
