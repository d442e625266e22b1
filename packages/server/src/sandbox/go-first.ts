/**
 * Puts the server's session before its sandboxes. Linux gives every session one part of the CPUs
 * (autogroup), and the sandboxes of a server have together one as well: beside functions that want
 * all CPUs, the server that answers for everybody waits as long for one as they do, several times in each
 * invocation. It needs little, so nobody misses what it takes.
 *
 * Only where the session is no terminal's, whose other programs would go first too, and where nobody has
 * chosen; what a server has left that was killed is the next one's to undo. Where the server is in a CPU group
 * of its own (systemd, containers), the weight of that counts instead.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { closeable, type Closeable } from '../lib/lifetime.ts';

/** Nine times the weight of a session that nobody has changed. */
const FIRST = '-10';
const UNCHANGED = '0';

/** `proc` is the folder of this process. Undone at the end, for what lives on in the session. */
export function goFirst(proc = '/proc/self'): Closeable {
  const file = path.join(proc, 'autogroup');
  const goes = isNobodysChoice(file) && !hasTerminal(proc) && write(file, FIRST);
  return closeable(async () => {
    if (goes) write(file, UNCHANGED);
  });
}

/** Not so where the kernel knows no such thing. */
function isNobodysChoice(file: string): boolean {
  try {
    const [, nice = ''] = readFileSync(file, 'latin1').trimEnd().split(' nice ');
    return nice === UNCHANGED || nice === FIRST;
  } catch {
    return false;
  }
}

function hasTerminal(proc: string): boolean {
  const stat = readFileSync(path.join(proc, 'stat'), 'latin1');
  // The name of the program, in parentheses, may hold anything: count from its end.
  const terminal = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[4];
  return terminal !== '0';
}

/** To go first is for root (CAP_SYS_NICE). */
function write(file: string, nice: string): boolean {
  try {
    writeFileSync(file, nice);
    return true;
  } catch {
    return false;
  }
}
