/**
 * Row 3: cold starts of functions from one container image, which is on this machine already. The
 * controls are the same program as a zip, asked in turn, without sandboxes that are parked; and a
 * sandbox of the same driver that runs /bin/true. The program is in bash, which starts in a few
 * milliseconds: the rest is the platform's.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {
  CreateRepositoryCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
} from '@aws-sdk/client-ecr';
import {
  CreateFunctionCommand,
  LambdaClient,
  waitUntilFunctionActiveV2,
} from '@aws-sdk/client-lambda';
import { bashEntries, bashRuntime } from '../../packages/server/src/code/fixtures/bash-image.ts';
import { buildImage, buildTar } from '../../packages/server/src/code/fixtures/build-image.ts';
import { systemClock } from '../../packages/server/src/lib/clock.ts';
import { silentLogger } from '../../packages/server/src/lib/logger.ts';
import { startSandboxDriver } from '../../packages/server/src/sandbox/choose-driver.ts';
import { clientSettings } from '../../packages/testkit/src/client-settings.ts';
import { pushImage } from '../../packages/testkit/src/push-image.ts';
import type { TestServer } from '../../packages/testkit/src/start-server.ts';
import { createFunction, role, startBenchServer } from '../bench-server.ts';
import { runTrue } from '../controls/bare-sandbox.ts';
import { createInvokeClient, mustSucceed } from '../invoke-client.ts';
import type { Line } from '../scoreboard.ts';
import { milliseconds, ratio, summarise } from '../statistics.ts';

const PROGRAM = bashRuntime(`printf '{"ok":true}'`);

export async function imageStarts(count: number): Promise<Line> {
  await using server = await startBenchServer(['--parked', '0']);
  await createFunctions(server, count);
  const samples: Record<'image' | 'zip' | 'bare', number[]> = { image: [], zip: [], bare: [] };
  const folder = await mkdtemp(path.join(os.tmpdir(), 'hearth-bench-bare-'));
  const { driver } = await startSandboxDriver({
    isolation: 'oci',
    ociRuntime: 'auto',
    isLoopbackOnly: true,
    folder,
    clock: systemClock,
    logger: silentLogger,
  });
  try {
    for (let index = 0; index <= count; index += 1) {
      for (const kind of index % 2 === 0 ? KINDS : KINDS.toReversed()) {
        const took = await coldStart(server, `${kind}-${index}`);
        // The first of each makes things known that are not part of it.
        if (index > 0) samples[kind].push(took);
      }
      if (index > 0) samples.bare.push(await runTrue(driver, `bare-${index}`));
    }
  } finally {
    await driver.close();
    await rm(folder, { recursive: true });
  }
  return lineOf(samples);
}

const KINDS = ['image', 'zip'] as const;

async function coldStart(server: TestServer, name: string): Promise<number> {
  const client = createInvokeClient(server.endpoint, 1);
  const startedAt = performance.now();
  mustSucceed(await client.invoke(name, '{}'));
  const took = performance.now() - startedAt;
  client.close();
  return took;
}

async function createFunctions(server: TestServer, count: number): Promise<void> {
  const settings = clientSettings(server.endpoint);
  const [ecr, lambda] = [new ECRClient(settings), new LambdaClient(settings)];
  const repositoryName = 'bench/image';
  const { repository } = await ecr.send(new CreateRepositoryCommand({ repositoryName }));
  const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}));
  const authorization = `Basic ${authorizationData?.[0]?.authorizationToken}`;
  const program = [{ name: 'app/run', mode: 0o755, content: PROGRAM }];
  const layers = [await buildTar(bashEntries()), await buildTar(program)];
  const image = buildImage({ layers, config: { Entrypoint: ['/app/run'] } });
  await pushImage({ endpoint: server.endpoint, authorization }, repositoryName, '1', image);
  for (let index = 0; index <= count; index += 1) {
    const FunctionName = `image-${index}`;
    const Code = { ImageUri: `${repository?.repositoryUri}:1` };
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName,
        PackageType: 'Image',
        Code,
        Role: role,
        MemorySize: 1_769,
        Timeout: 10,
      }),
    );
    const waiting = { client: lambda, maxWaitTime: 60, minDelay: 0.05, maxDelay: 0.2 };
    await waitUntilFunctionActiveV2(waiting, { FunctionName });
    const files = { bootstrap: PROGRAM };
    await createFunction(server, {
      name: `zip-${index}`,
      runtime: 'provided.al2023',
      handler: 'any',
      files,
    });
  }
  ecr.destroy();
  lambda.destroy();
}

function lineOf({ image, zip, bare }: Record<'image' | 'zip' | 'bare', number[]>): Line {
  const { p50, p90, p99 } = summarise(image);
  const [asZip, bareSandbox] = [summarise(zip).p50, summarise(bare).p50];
  return {
    row: '3',
    metric: 'cold start of a container image, p50 (p99)',
    value: `${milliseconds(p50)} (${milliseconds(p99)}), ${ratio(p50 / asZip)} the same program as a zip, ${ratio(p50 / bareSandbox)} a bare sandbox`,
    control: `zip ${milliseconds(asZip)}, sandbox ${milliseconds(bareSandbox)}`,
    target: '1.1 x the zip',
    numbers: { p50, p90, p99, zip: asZip, bare: bareSandbox },
  };
}
