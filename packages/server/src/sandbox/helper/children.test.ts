import { existsSync, openSync, closeSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Children, type ChildEnd } from './children.ts';
import { spawnProcess } from './spawn-process.ts';

function startShell(script: string, words: readonly string[] = []): number {
  const fd = openSync('/dev/null', 'r+');
  try {
    const stdio = { stdin: fd, stdout: fd, stderr: fd };
    return spawnProcess({ path: '/bin/sh', argv: ['sh', '-c', script, ...words], stdio });
  } finally {
    closeSync(fd);
  }
}

async function untilTold(children: Children, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    children.check();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

async function endOf(script: string, ...words: string[]): Promise<ChildEnd | undefined> {
  const children = new Children();
  let seen: ChildEnd | undefined;
  children.watch(startShell(script, words), (end) => (seen = end));
  await untilTold(children, () => seen !== undefined);
  return seen;
}

test('the end of a process is told with its status, its signal and its last name', async () => {
  expect(await endOf('exit 3')).toEqual({ code: 3, signal: null, name: 'sh' });
  expect(await endOf('kill -KILL $$')).toMatchObject({ code: null, signal: 9 });
});

test('a process that is started ignores no signal and has no variables', async () => {
  // What is ignored in this process (Node ignores SIGPIPE) would end nobody below it.
  expect(await endOf('kill -PIPE $$')).toMatchObject({ signal: 13 });
  expect(await endOf('[ -z "$HOME$NODE_ENV$VITEST" ] && exit 4')).toMatchObject({ code: 4 });
});

test('a process that is started has the words that it was given, in their order', async () => {
  const script = '[ "$#:$0:$1:$2:$3" = "3:zero:é €::last" ] && exit 6';
  expect(await endOf(script, 'zero', 'é €', '', 'last')).toMatchObject({ code: 6 });
});

test('an end that nobody watches yet is kept while the runtime runs that may tell of it', async () => {
  const children = new Children();
  const ends: (number | null)[] = [];
  await children.keepingEnds(async () => {
    const pid = startShell('exit 5');
    await untilTold(children, () => !existsSync(`/proc/${pid}`));
    children.watch(pid, ({ code }) => ends.push(code));
  });
  expect(ends).toEqual([5]);
});

test('another runtime that began later does not keep it, and its status is lost', async () => {
  const children = new Children();
  const seen: ChildEnd[] = [];
  const first = Promise.withResolvers<number>();
  const earlier = children.keepingEnds(async () => {
    const pid = startShell('exit 5');
    await untilTold(children, () => !existsSync(`/proc/${pid}`));
    first.resolve(pid);
  });
  const pid = await first.promise;
  await children.keepingEnds(async () => {
    await earlier;
    children.watch(pid, (end) => seen.push(end));
  });
  expect(seen).toEqual([{ code: null, signal: 9 }]);
});
