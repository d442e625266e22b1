/**
 * How Lambda words the end of a runtime's process, and which type its reports give it. The words
 * of signals are those of Go's syscall package, in which AWS's supervisor is written.
 */
import type { ProcessExit, ProgramEnd } from '../core/outcome.ts';

const signalWords: Readonly<Record<string, string>> = {
  SIGABRT: 'aborted',
  SIGALRM: 'alarm clock',
  SIGBUS: 'bus error',
  SIGFPE: 'floating point exception',
  SIGHUP: 'hangup',
  SIGILL: 'illegal instruction',
  SIGINT: 'interrupt',
  SIGKILL: 'killed',
  SIGPIPE: 'broken pipe',
  SIGQUIT: 'quit',
  SIGSEGV: 'segmentation fault',
  SIGSYS: 'bad system call',
  SIGTERM: 'terminated',
  SIGTRAP: 'trace/breakpoint trap',
  SIGUSR1: 'user defined signal 1',
  SIGUSR2: 'user defined signal 2',
  SIGXCPU: 'CPU time limit exceeded',
  SIGXFSZ: 'file size limit exceeded',
};

export function exitText({ exit, program }: ProgramEnd): string {
  const how = failureText(exit);
  if (program === 'extension') return how ?? 'exit code 0';
  if (how === undefined) return 'Runtime exited without providing a reason';
  return `Runtime exited with error: ${how}`;
}

function failureText(exit: ProcessExit): string | undefined {
  // AWS: out of memory reads as the kill that the kernel sends.
  if (exit.outOfMemory) return 'signal: killed';
  if (exit.signal !== null)
    return `signal: ${signalWords[exit.signal] ?? exit.signal.toLowerCase()}`;
  if (exit.code === 0 || exit.code === null) return undefined;
  return `exit status ${exit.code}`;
}

/**
 * For REPORT and INIT_REPORT. AWS: the answer to the caller says Runtime.ExitError in both cases;
 * only the report tells that memory ran out.
 */
export function exitErrorType({ exit, extensionError }: ProgramEnd): string {
  if (exit.outOfMemory) return 'Runtime.OutOfMemory';
  return extensionError ?? 'Runtime.ExitError';
}

/** AWS: names that runtimes make up appear as Runtime.Unknown in the platform's own records. */
export function reportedType(errorType: string): string {
  return /^(Runtime|Function)\.[A-Z][a-zA-Z]+$/.test(errorType) ? errorType : 'Runtime.Unknown';
}
