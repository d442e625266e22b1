/**
 * C5: the least that Lambda's own protocol costs in Node: a front that takes invokes by node:http
 * and hands each to a runtime process that asks for it and answers it as the Runtime API says, two
 * more exchanges of node:http. Nothing is signed, authorised, isolated, limited or logged.
 */
import { startControlProcess, type ControlProcess } from './control-process.ts';

const runtime = `
const { Agent, request } = require('node:http');
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const [port] = process.argv.slice(1);
const handler = async (event) => event;
const exchange = (method, path, body) => new Promise((resolve) => {
  const headers = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
  const outgoing = request({ agent, host: '127.0.0.1', port, method, path, headers }, (incoming) => {
    const chunks = [];
    incoming.on('data', (chunk) => chunks.push(chunk));
    incoming.on('end', () => resolve({ headers: incoming.headers, body: Buffer.concat(chunks) }));
  });
  // The front is gone.
  outgoing.on('error', () => process.exit());
  outgoing.end(body);
});
(async () => {
  for (;;) {
    const { headers, body } = await exchange('GET', '/2018-06-01/runtime/invocation/next');
    const id = headers['lambda-runtime-aws-request-id'];
    const answer = JSON.stringify(await handler(JSON.parse(body.toString())));
    await exchange('POST', '/2018-06-01/runtime/invocation/' + id + '/response', answer);
  }
})();
`;

const front = `
const { spawn } = require('node:child_process');
const [runtime, count] = process.argv.slice(1);
const parked = [];
const waiting = [];
const running = new Map();
let last = 0;
const bodyOf = (request, take) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => take(Buffer.concat(chunks)));
};
const reply = (response, headers, body) => {
  response.writeHead(200, { ...headers, 'content-length': body.length });
  response.end(body);
};
const match = () => {
  while (parked.length > 0 && waiting.length > 0) {
    const { body, response } = waiting.shift();
    const id = String((last += 1));
    running.set(id, response);
    reply(parked.pop(), { 'lambda-runtime-aws-request-id': id }, body);
  }
};
const server = require('node:http').createServer((request, response) => {
  if (request.url.endsWith('/next')) {
    parked.push(response);
    // It listens for good once the last of the runtimes is there.
    if (last === 0 && parked.length === Number(count)) console.log(server.address().port);
    return match();
  }
  const answered = /invocation\\/(\\d+)\\/response$/.exec(request.url);
  bodyOf(request, (body) => {
    if (answered === null) {
      waiting.push({ body, response });
      return match();
    }
    reply(response, {}, '');
    reply(running.get(answered[1]), {}, body);
    running.delete(answered[1]);
  });
});
server.listen(0, '127.0.0.1', () => {
  for (let each = 0; each < Number(count); each += 1) {
    const argv = ['-e', runtime, String(server.address().port)];
    spawn(process.execPath, argv, { stdio: ['ignore', 'ignore', 'inherit'] });
  }
});
`;

/** `runtimes`: as many as there will be invokes at once. */
export function startBarePrototype(runtimes: number): Promise<ControlProcess> {
  return startControlProcess(['-e', front, runtime, String(runtimes)]);
}
