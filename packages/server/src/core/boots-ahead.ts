/**
 * Whether a function can run in a runtime that was booted before it was known: not where its
 * settings are read when a process starts. Pure.
 */
import type { FunctionVersion } from './function-version.ts';
import { DEFAULT_EPHEMERAL_MIB } from './limits.ts';

/** Interpreters, the C library and OpenSSL read these once, at their start. */
const READ_AT_START =
  /^(NODE_|PYTHON|LD_|LC_|LANG|MALLOC_|GLIBC_|OPENSSL_|SSL_|UV_|ICU_|GCONV_|LOCPATH$|NLSPATH$|TZ)/;
/** The shell that is PID 1 has a meaning of its own for these and would change them on the way. */
const CHANGED_BY_SHELL = /^(PWD|OLDPWD|SHLVL|IFS|OPTIND|PPID|ENV|HOME|PATH|PS[124]|_)$/;
const WRAPPER = 'AWS_LAMBDA_EXEC_WRAPPER';

/** Runtimes whose bootstrap knows how to wait for a function. */
export function canBootAhead(runtime: string): boolean {
  return /^(nodejs|python)\d/.test(runtime);
}

export function takesBooted(version: FunctionVersion, machine: string): boolean {
  return (
    canBootAhead(version.runtime) &&
    version.architecture === machine &&
    version.ephemeralMib === DEFAULT_EPHEMERAL_MIB &&
    Object.keys(version.environment).every(
      (name) => !READ_AT_START.test(name) && !CHANGED_BY_SHELL.test(name) && name !== WRAPPER,
    )
  );
}
