/**
 * Which lines of a function with JSON logging pass its application log level. The managed
 * runtimes filter by themselves; this holds for everything else that writes JSON lines.
 */
const severity: Readonly<Record<string, number>> = {
  TRACE: 0,
  DEBUG: 1,
  INFO: 2,
  WARN: 3,
  // Python's own names.
  WARNING: 3,
  ERROR: 4,
  FATAL: 5,
  CRITICAL: 5,
};
const INFO = 2;

/** The filter for a level; undefined where every line passes. */
export function applicationFilter(
  level: string | undefined,
): ((line: string) => boolean) | undefined {
  const least = severity[level ?? 'INFO'] ?? INFO;
  // AWS: a line without a valid level counts as INFO. A line of plain text is not filtered.
  return least === 0 ? undefined : (line) => levelOf(line) >= least;
}

function levelOf(line: string): number {
  if (!line.startsWith('{')) return Number.POSITIVE_INFINITY;
  try {
    const record: unknown = JSON.parse(line);
    if (typeof record === 'object' && record !== null && 'level' in record) {
      if (typeof record.level === 'string') return severity[record.level.toUpperCase()] ?? INFO;
    }
    return INFO;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
