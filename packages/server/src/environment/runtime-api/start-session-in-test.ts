/** A session with a listener of its own, as a sandbox has one; ends with the test that starts it. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { silentLogger } from '../../lib/logger.ts';
import { RuntimeSession, type RuntimeAnswer } from './runtime-session.ts';
import { startRuntimeApi, type RuntimeApiOptions } from './start-runtime-api.ts';

export interface InTestSession {
  readonly session: RuntimeSession;
  readonly answers: RuntimeAnswer[];
  /** How often the runtime has waited for an event. */
  readonly parked: () => number;
  readonly dial: () => Promise<Socket>;
}

export async function startSessionInTest(options: RuntimeApiOptions = {}): Promise<InTestSession> {
  const answers: RuntimeAnswer[] = [];
  let parked = 0;
  const session = new RuntimeSession({
    parked: () => (parked += 1),
    answering: () => {},
    initFailed: () => {},
    answered: (answer) => answers.push(answer),
  });
  const api = startRuntimeApi({ logger: silentLogger }, options);
  const listener = createServer((socket) => api.accept(socket, session));
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  onTestFinished(async () => {
    session.cut();
    listener.close();
    await api.close();
  });
  const { port } = listener.address() as AddressInfo;
  const dial = async (): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    await once(socket, 'connect');
    return socket;
  };
  return { session, answers, parked: () => parked, dial };
}
