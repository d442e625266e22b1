/**
 * For a child process that was started with an IPC channel: notices that the process at the other
 * end has gone.
 */

/** `disconnect` is enough nearly always; this finds the rest soon enough for what is left behind. */
const LOOK_MS = 200;

/**
 * Calls back once, within moments of the parent's end, however it came.
 *
 * Node tells nothing where a handle was sent that the parent had not acknowledged when it died: it
 * closes the channel, and waits for the acknowledgement before it emits `disconnect`.
 */
export function whenParentIsGone(onGone: () => void): void {
  const isGone = Promise.withResolvers<void>();
  process.once('disconnect', isGone.resolve);
  const looking = setInterval(() => {
    if (!process.connected) isGone.resolve();
  }, LOOK_MS).unref();
  void isGone.promise.then(() => {
    clearInterval(looking);
    onGone();
  });
}
