/**
 * Starts processes by the C library's `posix_spawn`, which borrows the memory of this process until
 * the new one has its own program: 0.1 ms of it. Node's own way forks: the page tables of an
 * interpreter are copied and thrown away, and what it writes meanwhile is copied too, 2 ms and more.
 *
 * Nobody waits for these but `children.ts`.
 */
import { dlopen, getRawPointer } from 'node:ffi';
import { getSystemErrorName } from 'node:util';
import { SyscallFailed } from './syscalls.ts';

export interface ProcessSpawn {
  /** Absolute. */
  readonly path: string;
  /** With the program's own name first. It has no variables. */
  readonly argv: readonly string[];
  /** Descriptors of this process that become 0, 1 and 2. */
  readonly stdio: { readonly stdin: number; readonly stdout: number; readonly stderr: number };
}

const POSIX_SPAWN_SETSIGDEF = 0x04;
const POSIX_SPAWN_SETSIGMASK = 0x08;
/** More than any C library needs for these (glibc: 336, 128 and 80 bytes). */
const STRUCT_BYTES = 512;
const POINTER_BYTES = 8;

const { functions: libc } = dlopen(null, {
  posix_spawn: {
    arguments: ['pointer', 'string', 'pointer', 'pointer', 'pointer', 'pointer'],
    return: 'i32',
  },
  posix_spawnattr_init: { arguments: ['pointer'], return: 'i32' },
  posix_spawnattr_setflags: { arguments: ['pointer', 'i32'], return: 'i32' },
  posix_spawnattr_setsigdefault: { arguments: ['pointer', 'pointer'], return: 'i32' },
  posix_spawn_file_actions_init: { arguments: ['pointer'], return: 'i32' },
  posix_spawn_file_actions_adddup2: { arguments: ['pointer', 'i32', 'i32'], return: 'i32' },
  posix_spawn_file_actions_destroy: { arguments: ['pointer'], return: 'i32' },
  sigfillset: { arguments: ['pointer'], return: 'i32' },
});

const attributes = ordinarySignals();

/** The process id of what was started. Throws `SyscallFailed` where nothing was. */
export function spawnProcess({ path, argv, stdio }: ProcessSpawn): number {
  const actions = Buffer.alloc(STRUCT_BYTES);
  checked(libc.posix_spawn_file_actions_init(actions));
  try {
    for (const [target, fd] of [stdio.stdin, stdio.stdout, stdio.stderr].entries()) {
      checked(libc.posix_spawn_file_actions_adddup2(actions, fd, target));
    }
    const pid = Buffer.alloc(4);
    checked(libc.posix_spawn(pid, path, actions, attributes, wordList(argv), wordList([])));
    return pid.readInt32LE(0);
  } finally {
    libc.posix_spawn_file_actions_destroy(actions);
  }
}

/** Node ignores some signals, and what it starts would ignore them too. */
function ordinarySignals(): Buffer {
  const [result, all] = [Buffer.alloc(STRUCT_BYTES), Buffer.alloc(STRUCT_BYTES)];
  checked(libc.sigfillset(all));
  checked(libc.posix_spawnattr_init(result));
  checked(libc.posix_spawnattr_setsigdefault(result, all));
  // The mask is that of a new structure: nothing is blocked.
  const flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
  checked(libc.posix_spawnattr_setflags(result, flags));
  return result;
}

/**
 * As C has it: pointers to texts, and a null one that ends them. The texts follow in the same
 * buffer: node:ffi keeps what a call is given, but not what that points to.
 */
function wordList(words: readonly string[]): Buffer {
  const texts = words.map((word) => Buffer.from(`${word}\0`));
  const pointers = Buffer.alloc(POINTER_BYTES * (words.length + 1));
  const list = Buffer.concat([pointers, ...texts]);
  let next = getRawPointer(list) + BigInt(pointers.length);
  for (const [index, text] of texts.entries()) {
    list.writeBigUInt64LE(next, index * POINTER_BYTES);
    next += BigInt(text.length);
  }
  return list;
}

/** These return what others leave in `errno`. */
function checked(code: number): void {
  if (code !== 0) throw new SyscallFailed('posix_spawn', getSystemErrorName(-code));
}
