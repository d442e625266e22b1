import type { LayerVersionRecord } from '../../functions/layer-record.ts';

interface Wanted {
  readonly CompatibleRuntime?: string | undefined;
  readonly CompatibleArchitecture?: string | undefined;
}

/** Whether a list for a runtime or an architecture shows it. Nothing else asks. */
export function isCompatible(
  { runtimes, architectures }: LayerVersionRecord,
  { CompatibleRuntime: runtime, CompatibleArchitecture: architecture }: Wanted,
): boolean {
  return (
    (runtime === undefined || runtimes?.includes(runtime) === true) &&
    (architecture === undefined || architectures?.some((each) => each === architecture) === true)
  );
}
