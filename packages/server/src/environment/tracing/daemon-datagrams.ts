/**
 * What the X-Ray SDKs send to the daemon: a line of JSON that says so, then the segment. AWS's daemon
 * drops what has another first line, and looks no further: X-Ray says what is no segment.
 */

/** The segments in them, as JSON. */
export function segmentsIn(datagrams: readonly Uint8Array[]): readonly string[] {
  return datagrams.flatMap((each) => {
    const text = Buffer.from(each).toString('utf8');
    const end = text.indexOf('\n');
    const isOne = end !== -1 && end + 1 < text.length && isHeader(text.slice(0, end));
    return isOne ? [text.slice(end + 1)] : [];
  });
}

function isHeader(line: string): boolean {
  try {
    const header: unknown = JSON.parse(line);
    if (typeof header !== 'object' || header === null) return false;
    const { format, version } = header as Readonly<Record<string, unknown>>;
    return format === 'json' && version === 1;
  } catch {
    return false;
  }
}
