/** What is the same for the sandboxes of all functions. */
import type { Socket } from 'node:net';
import type { Limits } from '../core/adjustable-limits.ts';
import type { SandboxDriver, SandboxListener, SandboxMailbox } from '../sandbox/driver.ts';
import type { RuntimeSession } from './runtime-api/runtime-session.ts';
import type { RuntimeApi } from './runtime-api/start-runtime-api.ts';

const RUNTIME_API_PORT = 9001;
const AWS_ENDPOINT_PORT = 4566;
/**
 * CPUs during init, whatever the function's share is: AWS gives init a burst as well, and at
 * 128 MB (0.07 CPUs) an interpreter alone would take half a second to start.
 */
export const INIT_CPUS = 2;
/**
 * And its part where the CPUs do not do for all: as a function of 1,769 MB has. With less, one of
 * 128 MB would hardly start beside large ones; with more, many that start would hold up those that run.
 */
export const INIT_SHARE = 1;

/** Where X-Ray's SDKs send segments; its name is that of AWS's daemon. */
export const XRAY_DAEMON = 'xray-daemon';

/** The same for all. */
export const sandboxMailboxes: readonly SandboxMailbox[] = [{ name: XRAY_DAEMON, port: 2000 }];

export interface SandboxDeps {
  readonly driver: SandboxDriver;
  readonly runtimeApi: RuntimeApi;
  readonly acceptAwsConnection: (socket: Socket, sandboxId: string) => void;
  readonly limits: Limits;
}

/** `session` is asked at each connection; while there is none nothing inside has a call to make. */
export function sandboxListeners(
  { runtimeApi, acceptAwsConnection }: SandboxDeps,
  sandboxId: string,
  session: () => RuntimeSession | undefined,
): readonly SandboxListener[] {
  return [
    {
      name: 'runtime-api',
      port: RUNTIME_API_PORT,
      // For the channel.
      isLocalToo: true,
      onConnection: (socket) => {
        const owner = session();
        if (owner === undefined) socket.destroy();
        else runtimeApi.accept(socket, owner);
      },
    },
    {
      name: 'aws-endpoint',
      port: AWS_ENDPOINT_PORT,
      onConnection: (socket) => acceptAwsConnection(socket, sandboxId),
    },
  ];
}
