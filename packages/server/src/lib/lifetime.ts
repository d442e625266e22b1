/**
 * The contract of everything that owns resources.
 *
 * `close()` is graceful, idempotent and shared: the first call starts the drain, every caller
 * awaits the same end. Objects that can also be ended at once have `destroy(reason)`.
 */
export interface Closeable extends AsyncDisposable {
  close(): Promise<void>;
}

/** Makes a `Closeable` out of one function that is called at most once. */
export function closeable(end: () => Promise<void>): Closeable {
  let ending: Promise<void> | undefined;
  const close = (): Promise<void> => (ending ??= end());
  return { close, [Symbol.asyncDispose]: close };
}
