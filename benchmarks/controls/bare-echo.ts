/** C0: a bare node:http echo in its own process, the least a synchronous invoke could cost. */
import { startControlProcess, type ControlProcess } from './control-process.ts';

const program = `
const server = require('node:http').createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    response.writeHead(200, { 'content-length': body.length });
    response.end(body);
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
`;

export function startBareEcho(): Promise<ControlProcess> {
  return startControlProcess(['-e', program]);
}
