/** The main job by boto3 of Debian (1.26: it needs endpoint_url). */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { runCommand } from '../../packages/testkit/src/run-command.ts';
import { startServer } from '../../packages/testkit/src/start-server.ts';
import { zipOf } from '../../packages/testkit/src/zip-of.ts';

const app = `import boto3

def handler(event, context):
    if event.get("fail"):
        raise ValueError("as asked")
    print("printed by python", event["n"])
    arn = boto3.client("sts").get_caller_identity()["Arn"]
    return {"doubled": event["n"] * 2, "name": context.function_name, "arn": arn}
`;

test('boto3 does the main job, in a function as well as outside', async () => {
  await using server = await startServer();
  const folder = await mkdtemp(path.join(os.tmpdir(), 'hearth-boto3-'));
  const zip = path.join(folder, 'app.zip');
  await writeFile(zip, await zipOf({ 'app.py': app }));
  const script = path.join(import.meta.dirname, 'boto3-journey.py');
  const { status, stdout, stderr } = await runCommand([
    '/usr/bin/python3',
    script,
    server.endpoint,
    zip,
  ]);
  await rm(folder, { recursive: true });
  expect({ status, stderr }).toMatchObject({ status: 0 });
  expect(JSON.parse(stdout)).toEqual({
    created: 'Pending',
    active: 'Active',
    answer: {
      doubled: 40,
      name: 'py',
      arn: 'arn:aws:sts::000000000000:assumed-role/py-role/py',
    },
    executed: '$LATEST',
    functionError: 'Unhandled',
    failure: {
      errorMessage: 'as asked',
      errorType: 'ValueError',
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      stackTrace: [
        '  File "/var/task/app.py", line 5, in handler\n    raise ValueError("as asked")\n',
      ],
    },
    timeout: 9,
    names: ['py'],
    printed: ['printed by python 20\n'],
    conflict: ['ResourceConflictException', 'Function already exist: py'],
    gone: 'Function not found: arn:aws:lambda:ap-south-1:000000000000:function:py',
  });
});
