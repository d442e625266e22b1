/** The least an object store could do: node:http that streams a file, in a process of its own. */
import { startControlProcess, type ControlProcess } from './control-process.ts';

const program = `
const { createReadStream, statSync } = require('node:fs');
const file = process.argv[1];
const server = require('node:http').createServer((request, response) => {
  response.writeHead(200, { 'content-length': statSync(file).size });
  createReadStream(file).pipe(response);
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
`;

export function startBareFiles(file: string): Promise<ControlProcess> {
  return startControlProcess(['-e', program, file]);
}
