/** The name of an environment's log stream, as AWS makes it: day, version, 32 hex digits. */
import type { FunctionVersion } from '../../core/function-version.ts';

export function logStreamName(version: FunctionVersion, nowMs: number, hex32: string): string {
  const day = new Date(nowMs).toISOString().slice(0, 10).replaceAll('-', '/');
  const isDefaultGroup = version.logging.group === `/aws/lambda/${version.name}`;
  // AWS: in a group that functions may share, the stream's name says whose it is.
  const function_ = isDefaultGroup ? '' : version.name;
  return `${day}/${function_}[${version.version}]${hex32}`;
}
