/**
 * What a test of environments stands on: an invoke room over a given driver, with the ports above
 * and beside it played by small fakes (roles, logs, the runtime catalogue), and the words in which
 * the tests talk about results and lines.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RuntimeCatalogue } from '@hearth/runtimes';
import { expect } from 'vitest';
import type { ImageRoot } from '../code/images/image-store.ts';
import { AwsError } from '../core/aws-error.ts';
import { functionArn, type FunctionVersion } from '../core/function-version.ts';
import {
  RoleNotAssumable,
  type ConcurrencyShare,
  type InvocationResult,
} from '../core/invocation.ts';
import {
  startInvoker,
  type InvokerSettings,
  type StartedInvoker,
} from '../invoke/start-invoker.ts';
import { systemClock } from '../lib/clock.ts';
import { randomIds } from '../lib/ids.ts';
import { createLogger, type Logger } from '../lib/logger.ts';
import { roleSessionOf } from './fixtures/role-session.ts';
import type { Sandbox, SandboxDriver, SandboxProgram } from '../sandbox/driver.ts';

export interface Line {
  readonly group: string;
  readonly stream: string;
  readonly message: string;
}

export interface Stage {
  readonly invoker: StartedInvoker;
  readonly lines: Line[];
  readonly calls: { readonly operation: string; readonly principal: string }[];
  /** What X-Ray was sent. */
  readonly segments: Record<string, unknown>[];
  /** Sandboxes of functions that exist now. */
  readonly sandboxes: Set<Sandbox>;
  /** Those that wait in the pool, or are made for it. */
  readonly pooled: Set<Sandbox>;
  readonly lastRequestId: () => string;
  readonly version: (handler: string, changes?: Partial<FunctionVersion>) => FunctionVersion;
  readonly invoke: (
    version: FunctionVersion,
    event?: unknown,
    tail?: boolean,
    share?: ConcurrencyShare,
  ) => Promise<InvocationResult>;
}

export interface StageOptions {
  readonly settings?: Partial<InvokerSettings>;
  readonly denies?: readonly string[];
  readonly logger?: Logger;
  readonly runtimes?: RuntimeCatalogue;
  /** By digest. */
  readonly images?: ReadonlyMap<string, ImageRoot>;
  /** How long the credentials of a role are good for; an hour where it is left out. */
  readonly sessionSeconds?: number;
}

/** Runs with a stage that is closed, and has left no sandbox, when it is over. */
export type WithStage = (
  options: StageOptions,
  act: (stage: Stage) => Promise<void>,
) => Promise<void>;

let ids = 0;

export async function startStage(
  driver: SandboxDriver,
  folder: string,
  options: StageOptions,
): Promise<Stage> {
  const lines: Line[] = [];
  const calls: { operation: string; principal: string }[] = [];
  const segments: Record<string, unknown>[] = [];
  const sandboxes = new Set<Sandbox>();
  const pooled = new Set<Sandbox>();
  const made = new Set<string>();
  const isPooled = (options.settings?.bootedOfEach ?? 0) > 0;
  const invoker = await startInvoker({
    driver: watched(driver, sandboxes, pooled),
    runtimes: options.runtimes ?? testRuntimes(isPooled),
    volumes: {
      volume: async ({ sha256 }) => path.join(folder, sha256),
      layerVolume: async ([first]) => first && path.join(folder, first.sha256),
      image: async (digest) => {
        const root = options.images?.get(digest);
        if (root === undefined) throw new Error(`There is no image ${digest}.`);
        return root;
      },
    },
    roles: {
      isAssumableBy: async () => true,
      assume: async (roleArn, sessionName) => {
        if (roleArn === 'not-assumable') throw new RoleNotAssumable('no such role');
        return roleSessionOf(roleArn, sessionName, options.sessionSeconds);
      },
    },
    callAs: async ({ principal }, service, operation, input) => {
      calls.push({ operation, principal: 'arn' in principal ? principal.arn : principal.kind });
      if (options.denies?.includes(operation))
        throw new AwsError('AccessDeniedException', 400, 'no');
      if (service === 'xray') return takeSegments(input as SegmentsInput, segments);
      return answerLogs(operation, input as LogsInput, made, lines);
    },
    acceptAwsConnection: (socket) => socket.destroy(),
    clock: systemClock,
    ids: randomIds,
    logger: options.logger ?? refusalsThrow,
    settings: {
      idleTimeoutMs: 60_000,
      reuse: 'always',
      accountConcurrency: 100,
      ...options.settings,
    },
  });
  if (isPooled && options.runtimes === undefined) await poolIsReady(invoker, 'nodejs26.x');
  if ((options.settings?.parked ?? 0) > 0) await parkedIsReady(invoker);
  return {
    invoker,
    lines,
    calls,
    segments,
    sandboxes,
    pooled,
    version: (handler, changes) => ({
      ...baseVersion,
      name: handler,
      handler,
      logging: { format: 'Text', group: `/aws/lambda/${handler}` },
      ...changes,
    }),
    lastRequestId: () => `request-${ids}`,
    invoke: (version, event = {}, wantsLogTail = false, share) => {
      ids += 1;
      return invoker.invoke({
        requestId: `request-${ids}`,
        version,
        wantsLogTail,
        ...(share === undefined ? {} : { share }),
        invokedArn: functionArn(version),
        payload: Buffer.from(JSON.stringify(event)),
      });
    },
  };
}

/** Until a cold start of this runtime would find one that has booted. */
export async function poolIsReady(invoker: StartedInvoker, runtime: string): Promise<void> {
  invoker.expect({ runtime });
  await until(() => (invoker.snapshot().pool[runtime]?.ready ?? 0) > 0);
}

/** Until a start of any runtime would find a sandbox that is parked. */
export async function parkedIsReady(invoker: StartedInvoker): Promise<void> {
  invoker.expect({ runtime: 'provided.al2023' });
  await until(() => invoker.snapshot().parked.ready > 0);
}

interface LogsInput {
  readonly logGroupName: string;
  readonly logStreamName: string;
  readonly logEvents: readonly { readonly message: string }[];
}

interface SegmentsInput {
  readonly TraceSegmentDocuments: readonly string[];
}

function takeSegments(
  { TraceSegmentDocuments: documents }: SegmentsInput,
  segments: Record<string, unknown>[],
): object {
  for (const each of documents) segments.push(JSON.parse(each) as Record<string, unknown>);
  return {};
}

/** CloudWatch Logs as far as environments use it: nothing exists before it was made. */
function answerLogs(operation: string, input: LogsInput, made: Set<string>, lines: Line[]): object {
  const { logGroupName: group, logStreamName: stream } = input;
  const needed = operation === 'CreateLogGroup' ? [] : [group];
  if (operation === 'PutLogEvents') needed.push(`${group}|${stream}`);
  for (const each of needed) {
    if (!made.has(each)) throw new AwsError('ResourceNotFoundException', 400, `no ${each}`);
  }
  if (operation === 'CreateLogGroup') made.add(group);
  if (operation === 'CreateLogStream') made.add(`${group}|${stream}`);
  if (operation !== 'PutLogEvents') return {};
  for (const { message } of input.logEvents) lines.push({ group, stream, message });
  return {};
}

const baseVersion: FunctionVersion = {
  account: '000000000000',
  region: 'eu-west-1',
  name: 'test',
  version: '$LATEST',
  incarnation: 'one',
  runtime: 'nodejs26.x',
  handler: 'echoes',
  role: 'arn:aws:iam::000000000000:role/test',
  architecture: 'x86_64',
  memoryMib: 256,
  timeoutSeconds: 10,
  ephemeralMib: 512,
  environment: {},
  logging: { format: 'Text', group: '/aws/lambda/test' },
  code: { sha256: 'code', sizeBytes: 1 },
};

/** The interpreter that runs this test, mounted as a runtime's would be. */
const testRuntimes = (isPooled: boolean): RuntimeCatalogue => ({
  install: async (identifier) =>
    identifier.startsWith('provided')
      ? {
          identifier,
          versionLabel: 'test:custom.v1',
          argv: ['/var/task/bootstrap'],
          entryPoints: ['/var/task/bootstrap', '/opt/bootstrap'],
          env: {},
          mounts: [],
        }
      : {
          identifier,
          versionLabel: 'test:26.v1',
          argv: [
            '/var/lang/bin/node',
            isPooled ? '/var/runtime/boots-ahead.mjs' : '/var/task/behaviours.mjs',
          ],
          env: {},
          mounts: [
            { source: path.dirname(process.execPath), target: '/var/lang/bin' },
            { source: path.join(import.meta.dirname, 'fixtures'), target: '/var/runtime' },
          ],
        },
  survey: async () => [],
});

function watched(
  driver: SandboxDriver,
  sandboxes: Set<Sandbox>,
  pooled: Set<Sandbox>,
): SandboxDriver {
  return {
    ...driver,
    async create(request) {
      const sandbox = await driver.create(request);
      (request.id.startsWith('pool-') ? pooled : sandboxes).add(sandbox);
      const given = (): void => {
        pooled.delete(sandbox);
        sandboxes.add(sandbox);
      };
      const mount = sandbox.mount.bind(sandbox);
      sandbox.mount = async (mounts) => {
        given();
        await mount(mounts);
      };
      const start = sandbox.start.bind(sandbox);
      sandbox.start = async (program) => {
        if (!isBoot(program)) given();
        await start(program);
      };
      const retire = sandbox.retire.bind(sandbox);
      sandbox.retire = async (reason) => {
        const tmp = await retire(reason);
        sandboxes.delete(sandbox);
        return tmp;
      };
      const destroy = sandbox.destroy.bind(sandbox);
      sandbox.destroy = async (reason) => {
        await destroy(reason);
        sandboxes.delete(sandbox);
        pooled.delete(sandbox);
      };
      return sandbox;
    },
  };
}

/** A runtime that knows its API and no function boots for the pool. */
function isBoot({ env }: SandboxProgram): boolean {
  return 'AWS_LAMBDA_RUNTIME_API' in env && !('_HANDLER' in env);
}

/** A refused step or a fault of ours must fail the test that caused it. */
export const refusalsThrow = createLogger((line) => {
  throw new Error(line);
}, 'error');

// oxlint-disable-next-line typescript/no-explicit-any -- what functions answer is any JSON
export function jsonOf(result: InvocationResult): any {
  return JSON.parse(Buffer.from(result.payload).toString('utf8'));
}

export function tailOf(result: InvocationResult): string {
  expect(result.logTail).toBeDefined();
  return Buffer.from(result.logTail!).toString('utf8');
}

export function requestIdOf(result: InvocationResult): string {
  return /RequestId: (\S+)/.exec(tailOf(result))![1]!;
}

/** Lines with their figures and ids as `#`. */
export function shapesOf(lines: readonly Line[]): readonly string[] {
  return lines.map(({ message }) =>
    message
      .replaceAll(/runtime:[0-9a-f]{64}/g, 'runtime:#')
      .replaceAll(/RequestId: request-\d+/g, 'RequestId: #')
      .replaceAll(/(Duration|Used): [\d.]+ /g, '$1: # '),
  );
}

export async function until(isTrue: () => boolean): Promise<void> {
  for (let waited = 0; !isTrue(); waited += 10) {
    if (waited > 60_000) throw new Error('what the test waits for did not happen within a minute');
    await sleep(10);
  }
}

/** A dead process that its parent has not collected yet does not count. */
export function isAlive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}
