/**
 * The results of a pure function for texts that come again and again: the host, the path and the
 * credential of a client's requests. Bounded, because the texts are the clients': the oldest
 * result goes first, and what is made of a long text is not kept.
 */
export function remembered<Result>(make: (text: string) => Result): (text: string) => Result {
  const known = new Map<string, Result>();
  return (text) => {
    const earlier = known.get(text);
    if (earlier !== undefined) return earlier;
    if (text.length > LONGEST_TEXT) return make(text);
    const own = copyOf(text);
    const made = make(own);
    const [oldest] = known.size < MOST_RESULTS ? [] : known.keys();
    if (oldest !== undefined) known.delete(oldest);
    known.set(own, made);
    return made;
  };
}

const MOST_RESULTS = 1_000;
const LONGEST_TEXT = 512;

/** A part of a larger text keeps all of that in memory; a copy does not. */
function copyOf(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}
