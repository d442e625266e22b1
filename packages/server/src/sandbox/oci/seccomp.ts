/**
 * Which system calls a program in a sandbox may make: a list of what is allowed; everything else
 * answers EPERM (an error, not a kill, so that programs can fall back). Data.
 *
 * Left out on purpose: mounts and namespaces, ptrace and the memory of other processes, bpf,
 * io_uring, userfaultfd, perf events, keyrings, kernel modules, clocks, file handles, raw I/O.
 */
export interface SeccompProfile {
  readonly defaultAction: 'SCMP_ACT_ERRNO';
  readonly defaultErrnoRet: number;
  readonly architectures: readonly string[];
  readonly syscalls: readonly SeccompRule[];
}

interface SeccompRule {
  readonly names: readonly string[];
  readonly action: 'SCMP_ACT_ALLOW' | 'SCMP_ACT_ERRNO';
  readonly errnoRet?: number;
  readonly args?: readonly SeccompArgument[];
}

interface SeccompArgument {
  readonly index: number;
  readonly value: number;
  readonly valueTwo?: number;
  readonly op: 'SCMP_CMP_EQ' | 'SCMP_CMP_NE' | 'SCMP_CMP_GT' | 'SCMP_CMP_MASKED_EQ';
}

const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;
/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET. */
const NAMESPACE_FLAGS = 0x7e020000;
const AF_NETLINK = 16;
/** AF_UNIX, AF_INET and AF_INET6. */
const SOCKET_FAMILIES = [1, 2, 10];

const ARCHITECTURES: Readonly<Record<string, string>> = {
  x64: 'SCMP_ARCH_X86_64',
  arm64: 'SCMP_ARCH_AARCH64',
};

const PROCESSES = `
  _exit exit exit_group execve execveat fork vfork wait4 waitid waitpid getpid getppid gettid
  getpgid getpgrp getsid setpgid setsid kill tkill tgkill rt_sigaction rt_sigpending rt_sigprocmask
  rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_tgsigqueueinfo sigaltstack signalfd
  signalfd4 pause prctl arch_prctl set_tid_address set_robust_list get_robust_list set_thread_area
  get_thread_area pidfd_open pidfd_send_signal restart_syscall rseq membarrier seccomp
  capget capset getuid geteuid getgid getegid getresuid getresgid getgroups setuid setgid setreuid
  setregid setresuid setresgid setfsuid setfsgid setgroups umask
  landlock_create_ruleset landlock_add_rule landlock_restrict_self`;

const SCHEDULING = `
  sched_yield sched_getaffinity sched_setaffinity sched_getparam sched_setparam sched_getscheduler
  sched_setscheduler sched_get_priority_max sched_get_priority_min sched_rr_get_interval
  sched_getattr sched_setattr getpriority setpriority ioprio_get ioprio_set getcpu
  getrlimit setrlimit prlimit64 getrusage times
  futex futex_waitv futex_wake futex_wait futex_requeue`;

const MEMORY = `
  brk mmap mmap2 munmap mprotect mremap madvise process_mrelease msync mincore mlock mlock2 munlock
  mlockall munlockall mseal pkey_alloc pkey_free pkey_mprotect memfd_create memfd_secret
  remap_file_pages map_shadow_stack shmget shmat shmctl shmdt semget semop semtimedop semctl msgget
  msgsnd msgrcv msgctl`;

const FILES = `
  read readv pread64 preadv preadv2 write writev pwrite64 pwritev pwritev2 lseek _llseek
  open openat openat2 creat close close_range dup dup2 dup3 fcntl fcntl64 flock ioctl
  stat stat64 lstat lstat64 fstat fstat64 newfstatat fstatat64 statx statfs statfs64 fstatfs
  fstatfs64 access faccessat faccessat2 readlink readlinkat getdents getdents64 getcwd chdir fchdir
  mkdir mkdirat rmdir link linkat symlink symlinkat unlink unlinkat rename renameat renameat2
  mknod mknodat chmod fchmod fchmodat fchmodat2 chown chown32 fchown fchown32 fchownat lchown
  lchown32 truncate truncate64 ftruncate ftruncate64 fallocate fadvise64 fadvise64_64 readahead
  sync syncfs fsync fdatasync sync_file_range copy_file_range sendfile sendfile64 splice tee
  vmsplice utime utimes utimensat futimesat getxattr lgetxattr fgetxattr listxattr llistxattr
  flistxattr setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr
  pipe pipe2 select pselect6 poll ppoll epoll_create epoll_create1 epoll_ctl epoll_ctl_old
  epoll_wait epoll_wait_old epoll_pwait epoll_pwait2 eventfd eventfd2 inotify_init inotify_init1
  inotify_add_watch inotify_rm_watch cachestat
  mq_open mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr
  io_setup io_destroy io_submit io_cancel io_getevents io_pgetevents`;

const NETWORK = `
  socketpair socketcall bind connect listen accept accept4 getsockname getpeername getsockopt
  setsockopt send sendto sendmsg sendmmsg recv recvfrom recvmsg recvmmsg shutdown`;

const TIME_AND_MACHINE = `
  time gettimeofday clock_gettime clock_getres clock_nanosleep clock_gettime64 clock_getres_time64
  clock_nanosleep_time64 nanosleep alarm getitimer setitimer timer_create timer_settime
  timer_gettime timer_getoverrun timer_delete timerfd_create timerfd_settime timerfd_gettime
  uname sysinfo getrandom`;

/**
 * `architecture` as Node names it. Programs of another architecture do not run. `passesClone3` for a
 * kernel that refuses with EPERM whatever a rule says (gVisor's): no thread could be made then.
 */
export function seccompProfile(architecture: string, passesClone3 = false): SeccompProfile {
  const name = ARCHITECTURES[architecture];
  return {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: EPERM,
    architectures: name === undefined ? [] : [name],
    syscalls: [
      { names: allowedNames(), action: 'SCMP_ACT_ALLOW' },
      threadRule(),
      passesClone3
        ? { names: ['clone3'], action: 'SCMP_ACT_ALLOW' }
        : // Its flags are behind a pointer, where a filter cannot see them; glibc falls back to clone.
          { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: ENOSYS },
      ...personalityRules(),
      ...socketRules(),
    ],
  };
}

function allowedNames(): readonly string[] {
  const lists = [PROCESSES, SCHEDULING, MEMORY, FILES, NETWORK, TIME_AND_MACHINE];
  return lists.flatMap((list) => list.trim().split(/\s+/));
}

function threadRule(): SeccompRule {
  const noNamespaces: SeccompArgument = {
    index: 0,
    value: NAMESPACE_FLAGS,
    valueTwo: 0,
    op: 'SCMP_CMP_MASKED_EQ',
  };
  return { names: ['clone'], action: 'SCMP_ACT_ALLOW', args: [noNamespaces] };
}

/** The ordinary personality, and the question which one it is. */
function personalityRules(): readonly SeccompRule[] {
  return [0, 0xffffffff].map((value) => ({
    names: ['personality'],
    action: 'SCMP_ACT_ALLOW',
    args: [{ index: 0, value, op: 'SCMP_CMP_EQ' }],
  }));
}

/**
 * Every rule names the family: one without arguments would override all the others (libseccomp).
 * One rule can compare an argument only once, hence the list of single families.
 */
function socketRules(): readonly SeccompRule[] {
  const names = ['socket'];
  const family = (value: number): SeccompArgument => ({ index: 0, value, op: 'SCMP_CMP_EQ' });
  const refused = { names, action: 'SCMP_ACT_ERRNO', errnoRet: EAFNOSUPPORT } as const;
  const isRefused = (value: number): boolean => !SOCKET_FAMILIES.includes(value);
  const low = Array.from({ length: AF_NETLINK }, (_, value) => value).filter(isRefused);
  return [
    ...SOCKET_FAMILIES.map((value): SeccompRule => ({
      names,
      action: 'SCMP_ACT_ALLOW',
      args: [family(value)],
    })),
    // Protocol 0 is NETLINK_ROUTE, by which libraries list the network interfaces.
    {
      names,
      action: 'SCMP_ACT_ALLOW',
      args: [family(AF_NETLINK), { index: 2, value: 0, op: 'SCMP_CMP_EQ' }],
    },
    ...low.map((value): SeccompRule => ({ ...refused, args: [family(value)] })),
    { ...refused, args: [family(AF_NETLINK), { index: 2, value: 0, op: 'SCMP_CMP_NE' }] },
    { ...refused, args: [{ index: 0, value: AF_NETLINK, op: 'SCMP_CMP_GT' }] },
  ];
}
