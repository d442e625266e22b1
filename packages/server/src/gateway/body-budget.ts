/**
 * How many bytes of request bodies may be in memory at once. Bodies are read before it is known
 * who sends them, and a function can open many connections: without a bound one sandbox could
 * take the memory of the server.
 */
export interface BodyBudget {
  /** The function that gives the bytes back; undefined where there is no room for them now. */
  take(bytes: number): (() => void) | undefined;
}

export function createBodyBudget(mostBytes: number): BodyBudget {
  let left = mostBytes;
  return {
    take(bytes) {
      if (bytes > left) return undefined;
      left -= bytes;
      let isTaken = true;
      return () => {
        if (isTaken) left += bytes;
        isTaken = false;
      };
    },
  };
}
