/** What waits in a datagram socket. */
import { receive, SyscallFailed } from './syscalls.ts';

/** The most that UDP carries. */
const buffer = Buffer.alloc(65_536);
/** More come with the next call: whoever sends all the time must not hold up the helper. */
const AT_ONCE = 1_000;

/** Never waits; each as base64. */
export function takeDatagrams(fd: number): readonly string[] {
  const datagrams: string[] = [];
  while (datagrams.length < AT_ONCE) {
    const length = takeOne(fd);
    if (length === undefined) break;
    datagrams.push(buffer.toString('base64', 0, length));
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
