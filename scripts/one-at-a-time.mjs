// One process after another, where two would spoil each other's work: `npm start` beside `npm test`
// in a fresh clone. Plain JavaScript for whatever Node npm itself runs on.
import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';

const LOOK_MS = 200;
/** A number of a process may be another one's by now: nobody waits for ever. */
const LONGEST_WAIT_MS = 600_000;

/**
 * Runs `work` while no other process has the file, which holds the number of the one that has it.
 * @param {string} file is removed afterwards
 * @param {() => void} work
 * @param {(pid: number) => void} onWait is told once whom this one waits for
 */
export function oneAtATime(file, work, onWait) {
  take(file, onWait);
  try {
    work();
  } finally {
    rmSync(file, { force: true });
  }
}

function take(file, onWait) {
  const giveUpAt = Date.now() + LONGEST_WAIT_MS;
  let isTold = false;
  while (!tryToTake(file)) {
    const pid = holderOf(file);
    if (pid === undefined || !isRunning(pid) || Date.now() > giveUpAt) {
      rmSync(file, { force: true });
      continue;
    }
    if (!isTold) onWait(pid);
    isTold = true;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_MS);
  }
}

function tryToTake(file) {
  try {
    const descriptor = openSync(file, 'wx');
    writeSync(descriptor, String(process.pid));
    closeSync(descriptor);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Undefined: it has gone, or its maker died before it wrote who it is. */
function holderOf(file) {
  // Between the making of the file and its number there is a moment.
  for (let look = 0; look < 5; look += 1) {
    try {
      const pid = Number(readFileSync(file, 'utf8'));
      if (pid > 0) return pid;
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
      return undefined;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_MS);
  }
  return undefined;
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It runs, and is somebody else's.
    return error.code === 'EPERM';
  }
}
