/** AWS_LAMBDA_EXEC_WRAPPER: a program of the function's that is to start the managed runtime. */
import { bringsRuntime, type FunctionVersion } from '../core/function-version.ts';

const NAME = 'AWS_LAMBDA_EXEC_WRAPPER';

// AWS: the words of the bootstraps of its managed runtimes, from memory.
const SCRIPT = `
if [ ! -f "$${NAME}" ]; then echo "$${NAME}: does not exist"; exit 127; fi
if [ ! -x "$${NAME}" ]; then echo "$${NAME}: is not an executable"; exit 126; fi
exec "$${NAME}" "$@"`;

/** The arguments with which the runtime starts. AWS: OS-only runtimes have no wrapper. */
export function withWrapper(
  argv: readonly string[],
  version: Pick<FunctionVersion, 'runtime' | 'environment' | 'image'>,
): readonly string[] {
  const wrapper = version.environment[NAME];
  if (wrapper === undefined || wrapper === '' || bringsRuntime(version)) return argv;
  return ['/bin/sh', '-c', SCRIPT, 'wrapper', ...argv];
}
