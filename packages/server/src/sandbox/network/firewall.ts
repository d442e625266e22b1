/**
 * Loads packet filters by `nft`. The host's table is bound to a process of nft that waits at the
 * other end of a pipe: whatever happens to us, the pipe ends, the process ends, and the kernel
 * removes the table with it.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';

const ANSWER_MS = 10_000;

/** Into the network namespace that this thread is in. Throws with what nft said. */
export function loadRuleset(ruleset: string): void {
  run(['-f', '-'], ruleset);
}

/** What `nft list` with these words says, as JSON: one object for each chain or rule. */
export function listFilters(...what: readonly string[]): readonly object[] {
  const { nftables } = JSON.parse(run(['-j', 'list', ...what], '')) as { nftables: object[] };
  return nftables;
}

function run(argv: readonly string[], input: string): string {
  const options = { input, encoding: 'utf8', timeout: ANSWER_MS } as const;
  const { status, error, stdout, stderr } = spawnSync('nft', argv, options);
  if (error !== undefined) throw new Error(explain(error));
  if (status !== 0) throw new Error(`nft: ${firstLine(stderr)}`);
  return stdout;
}

export interface HeldTable {
  /** Resolves when the table is gone. */
  close(): Promise<void>;
  /** Calls back where it goes before. */
  onLost(callBack: () => void): void;
}

/** As `loadRuleset`, for one table of the name, with `flags owner`, in one line. */
export async function holdTable(name: string, ruleset: string): Promise<HeldTable> {
  const child = spawn('nft', ['-i'], { cwd: '/', stdio: 'pipe' });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  let isClosing = false;
  const close = async (): Promise<void> => {
    isClosing = true;
    child.stdin.end();
    const deadline = setTimeout(() => child.kill('SIGKILL'), ANSWER_MS);
    await ended;
    clearTimeout(deadline);
  };
  // It may be gone before it has read: that is told by its exit.
  child.stdin.on('error', () => {});
  child.stdin.write(`${ruleset}\nlist tables\n`);
  try {
    await whenListed(child, name);
    const onLost = (callBack: () => void): void =>
      void ended.then(() => (isClosing ? undefined : callBack()));
    return { close, onLost };
  } catch (error) {
    await close();
    throw error;
  }
}

async function whenListed(child: ChildProcess, name: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let listed = '';
  let said = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    listed += text;
    if (listed.split('\n').includes(`table ip ${name}`)) resolve();
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (said.includes('\n')) reject(new Error(`nft: ${firstLine(said)}`));
  });
  child.once('error', (error) => reject(new Error(explain(error))));
  child.once('exit', () => reject(new Error(`nft ended. ${said}`)));
  const deadline = setTimeout(() => reject(new Error('nft does not answer.')), ANSWER_MS);
  try {
    await promise;
  } finally {
    clearTimeout(deadline);
  }
}

function explain(error: Error): string {
  const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
  return isMissing ? 'nft is not installed (Debian: nftables).' : `nft: ${error.message}`;
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}
