/**
 * Work of one thread in another network namespace, synchronous from end to end: the thread is never
 * seen in the wrong one. What is made there (sockets, links) stays there.
 */
import { closeSync, openSync } from 'node:fs';
import { CLONE_NEWNET, setns, unshare } from '../helper/syscalls.ts';

/** Makes a namespace; the descriptor that holds it is the caller's. */
export function newNamespace(): number {
  return andBack(() => {
    unshare(CLONE_NEWNET);
    return openSync('/proc/thread-self/ns/net', 'r');
  });
}

export function within<Result>(namespaceFd: number, act: () => Result): Result {
  return andBack(() => {
    setns(namespaceFd, CLONE_NEWNET);
    return act();
  });
}

function andBack<Result>(act: () => Result): Result {
  const home = openSync('/proc/thread-self/ns/net', 'r');
  try {
    try {
      return act();
    } finally {
      setns(home, CLONE_NEWNET);
    }
  } finally {
    closeSync(home);
  }
}
