/** Functions that bring their runtime with them: a shell script, a compiled program, and none. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openFunctions, type Functions } from '../../packages/testkit/src/open-functions.ts';
import { runCommand } from '../../packages/testkit/src/run-command.ts';

let functions: Functions;

const shellBootstrap = `#!/bin/sh
set -eu
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime"
if [ "\${FAIL:-}" = report ]; then
  curl -sS -o /dev/null -X POST "$api/init/error" -H 'Lambda-Runtime-Function-Error-Type: Config.Missing' \\
    -d '{"errorMessage":"no configuration","errorType":"Config.Missing"}'
  exit 1
fi
. "$LAMBDA_TASK_ROOT/\${_HANDLER%%.*}.sh"
while true; do
  headers=$(mktemp)
  event=$(curl -sS -L -D "$headers" "$api/invocation/next")
  id=$(grep -i Lambda-Runtime-Aws-Request-Id "$headers" | tr -d '[:space:]' | cut -d: -f2)
  rm "$headers"
  if answer=$("\${_HANDLER#*.}" "$event"); then
    curl -sS -o /dev/null -X POST "$api/invocation/$id/response" -d "$answer"
  else
    curl -sS -o /dev/null -X POST "$api/invocation/$id/error" -H 'Lambda-Runtime-Function-Error-Type: Shell.Failed' -d "$answer"
  fi
done
`;

const shellFunction = `greet() {
  echo "an event came: $1" >&2
  case "$1" in
    *fail*) echo '{"errorMessage":"as asked","errorType":"Shell.Failed","stackTrace":[]}'; return 1;;
    *variable*) printf '"%s|%s|%s"' "\${AWS_EXECUTION_ENV-absent}" "$_HANDLER" "$PWD";;
    *) printf '{"from":"shell","event":%s}' "$1";;
  esac
}
`;

const cProgram = `#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <arpa/inet.h>

static char answer[65536], request[65536], host[64];
static int port;

/* One request on a connection of its own; the answer's body, or NULL. */
static char *ask(const char *method, const char *path, const char *body) {
  struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
  inet_pton(AF_INET, host, &to.sin_addr);
  int s = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(s, (struct sockaddr *)&to, sizeof to) != 0) { perror("connect"); exit(9); }
  int size = snprintf(request, sizeof request,
    "%s /2018-06-01/runtime/invocation/%s HTTP/1.1\\r\\nHost: api\\r\\nConnection: close\\r\\n"
    "Content-Length: %zu\\r\\n\\r\\n%s", method, path, strlen(body), body);
  if (write(s, request, size) != size) exit(8);
  size_t got = 0;
  for (ssize_t n; (n = read(s, answer + got, sizeof answer - 1 - got)) > 0;) got += n;
  answer[got] = 0;
  close(s);
  char *end = strstr(answer, "\\r\\n\\r\\n");
  return end == NULL ? NULL : end + 4;
}

int main(void) {
  if (getenv("FAIL") != NULL) return 3;
  if (sscanf(getenv("AWS_LAMBDA_RUNTIME_API"), "%63[^:]:%d", host, &port) != 2) return 7;
  for (int calls = 1;; calls++) {
    char id[64], path[128], reply[4096];
    char *event = ask("GET", "next", "");
    char *header = strcasestr(answer, "lambda-runtime-aws-request-id:");
    if (event == NULL || header == NULL) return 6;
    sscanf(header + 30, " %63[0-9a-f-]", id);
    printf("call %d\\n", calls);
    fflush(stdout);
    if (strstr(event, "abort") != NULL) abort();
    snprintf(reply, sizeof reply, "{\\"from\\":\\"c\\",\\"calls\\":%d,\\"event\\":%s}", calls, event);
    snprintf(path, sizeof path, "%s/response", id);
    ask("POST", path, reply);
  }
}
`;

const executable = (content: string | Uint8Array) => ({ content, mode: 0o100_755 });

async function compile(source: string): Promise<Buffer> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'hearth-c-'));
  try {
    const file = path.join(folder, 'bootstrap');
    await writeFile(`${file}.c`, `#define _GNU_SOURCE\n${source}`);
    const { status, stderr } = await runCommand(['/usr/bin/gcc', '-O1', '-o', file, `${file}.c`]);
    expect({ status, stderr }).toMatchObject({ status: 0 });
    return await readFile(file);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const shellFiles = { bootstrap: executable(shellBootstrap), 'function.sh': shellFunction };
const shellSettings = { Handler: 'function.greet' };

beforeAll(async () => {
  functions = await openFunctions();
  const program = { bootstrap: executable(await compile(cProgram)) };
  await Promise.all([
    functions.create('shell', 'provided.al2023', shellFiles, shellSettings),
    functions.create('compiled', 'provided.al2', program),
    functions.create('compiled-exits', 'provided.al2023', program, {
      Environment: { Variables: { FAIL: '1' } },
    }),
  ]);
});
afterAll(async () => {
  await functions?.[Symbol.asyncDispose]();
});

describe('a runtime that is a shell script', () => {
  test('answers events, and what it prints is logged', async () => {
    const { status, functionError, payload, log, requestId } = await functions.invoke('shell', {
      name: 'Ada',
    });
    expect({ status, functionError }).toEqual({ status: 200, functionError: undefined });
    expect(payload).toEqual({ from: 'shell', event: { name: 'Ada' } });
    expect(log).toContain(
      `START RequestId: ${requestId} Version: $LATEST\nan event came: {"name":"Ada"}\nEND RequestId: ${requestId}\nREPORT `,
    );
    expect(log).toMatch(/\tInit Duration: [\d.]+ ms\t\n$/);
  });

  test('is told no execution environment, and its handler', async () => {
    const { payload } = await functions.invoke('shell', { variable: 1 });
    expect(payload).toBe('absent|function.greet|/var/task');
  });

  test('that reports an error has it answered as it is', async () => {
    const { status, functionError, payload, log } = await functions.invoke('shell', { fail: 1 });
    expect({ status, functionError }).toEqual({ status: 200, functionError: 'Unhandled' });
    expect(payload).toEqual({
      errorMessage: 'as asked',
      errorType: 'Shell.Failed',
      stackTrace: [],
    });
    expect(log).not.toContain('Init Duration');
  });

  test('that reports an error of its init has that answered', async () => {
    await functions.create('shell-init', 'provided.al2023', shellFiles, {
      ...shellSettings,
      Environment: { Variables: { FAIL: 'report' } },
    });
    const { functionError, payload } = await functions.invoke('shell-init');
    expect(functionError).toBe('Unhandled');
    expect(payload).toEqual({ errorMessage: 'no configuration', errorType: 'Config.Missing' });
    // AWS: a type of the runtime's own making is Runtime.Unknown in the platform's lines.
    await expect
      .poll(() => functions.logOf('shell-init'), { timeout: 10_000 })
      .toMatch(/INIT_REPORT .*\tPhase: init\tStatus: error\tError Type: Runtime\.Unknown/);
  });
});

describe('a runtime that is a compiled program', () => {
  test('answers events, one after the other in one process', async () => {
    const first = await functions.invoke('compiled', { n: 1 });
    expect(first.payload).toEqual({ from: 'c', calls: 1, event: { n: 1 } });
    expect(first.log).toContain('\ncall 1\n');
    const second = await functions.invoke('compiled', { n: 2 });
    expect(second.payload).toEqual({ from: 'c', calls: 2, event: { n: 2 } });
  });

  test('that aborts is told how, and the next event gets a new process', async () => {
    const { functionError, payload, requestId } = await functions.invoke('compiled', { abort: 1 });
    expect(functionError).toBe('Unhandled');
    expect(payload).toEqual({
      errorType: 'Runtime.ExitError',
      errorMessage: `RequestId: ${requestId} Error: Runtime exited with error: signal: aborted`,
    });
    expect((await functions.invoke('compiled')).payload).toMatchObject({ calls: 1 });
  });

  test('that exits before its first event is told how', async () => {
    const { payload, requestId } = await functions.invoke('compiled-exits');
    expect(payload).toEqual({
      errorType: 'Runtime.ExitError',
      errorMessage: `RequestId: ${requestId} Error: Runtime exited with error: exit status 3`,
    });
  });
});

describe('a bootstrap', () => {
  test.each([
    [
      'missing',
      { 'other.sh': shellBootstrap },
      "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]",
    ],
    [
      'not executable',
      { bootstrap: shellBootstrap },
      'fork/exec /var/task/bootstrap: permission denied',
    ],
    [
      'without a first line that names its interpreter',
      { bootstrap: executable('exit 5\n') },
      'fork/exec /var/task/bootstrap: exec format error',
    ],
    [
      'with the line ends of Windows',
      { bootstrap: executable(shellBootstrap.replaceAll('\n', '\r\n')) },
      'fork/exec /var/task/bootstrap: no such file or directory',
    ],
  ])('that is %s is Runtime.InvalidEntrypoint', async (kind, files, sentence) => {
    const name = `boot-${kind.replaceAll(' ', '-').slice(0, 12)}`;
    await functions.create(name, 'provided.al2023', files);
    const { status, functionError, payload, requestId } = await functions.invoke(name);
    expect({ status, functionError }).toEqual({ status: 200, functionError: 'Unhandled' });
    expect(payload).toEqual({
      errorType: 'Runtime.InvalidEntrypoint',
      errorMessage: `RequestId: ${requestId} Error: ${sentence}`,
    });
    await expect
      .poll(() => functions.logOf(name), { timeout: 10_000 })
      .toMatch(
        /INIT_REPORT .*\tPhase: init\tStatus: error\tError Type: Runtime\.InvalidEntrypoint/,
      );
  });
});
