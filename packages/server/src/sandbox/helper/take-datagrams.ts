/** What waits in a datagram socket. */
import { receive, SyscallFailed } from './syscalls.ts';

/** The most that UDP carries. */
const buffer = Buffer.alloc(65_536);
/**
 * What waits in one mailbox; the kernel counts twice as much, for what it needs itself. X-Ray's SDKs
 * send a few datagrams of some kilobytes for each invocation.
 */
export const MAILBOX_BYTES = 1_048_576;
/** More come with the next call: whoever sends all the time must not hold up the helper, nor fill its memory. */
const AT_ONCE = 1_000;
const BYTES_AT_ONCE = 2 * MAILBOX_BYTES;

/** Never waits; each as base64. */
export function takeDatagrams(fd: number): readonly string[] {
  const datagrams: string[] = [];
  let bytes = 0;
  while (datagrams.length < AT_ONCE && bytes < BYTES_AT_ONCE) {
    const length = takeOne(fd);
    if (length === undefined) break;
    datagrams.push(buffer.toString('base64', 0, length));
    bytes += length;
  }
  return datagrams;
}

function takeOne(fd: number): number | undefined {
  try {
    return receive(fd, buffer);
  } catch (error) {
    if (error instanceof SyscallFailed && ['EAGAIN', 'EWOULDBLOCK'].includes(error.code)) {
      return undefined;
    }
    throw error;
  }
}
