/** The least an object store could do: node:http that streams a file, in a process of its own. */
import { spawn } from 'node:child_process';
import type { BareEcho } from './bare-echo.ts';

const program = `
const { createReadStream, statSync } = require('node:fs');
const file = process.argv[1];
const server = require('node:http').createServer((request, response) => {
  response.writeHead(200, { 'content-length': statSync(file).size });
  createReadStream(file).pipe(response);
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
`;

export async function startBareFiles(file: string): Promise<BareEcho> {
  const child = spawn(process.execPath, ['-e', program, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const port = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString('utf8').trim()));
    child.once('error', reject);
  });
  return {
    endpoint: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
