/**
 * Walks every operation of every service that is served: each tells what its caller must be
 * allowed, as an action on resources. One that tells nothing would be open to everybody.
 */
import fc from 'fast-check';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openMemoryStore } from '../../../testkit/src/memory-store.ts';
import { AwsError } from '../core/aws-error.ts';
import type { OperationContext, Permission, Service, ServiceName } from '../core/operation.ts';
import { createContext } from '../iam/fixtures/create-context.ts';
import { openIdentities } from '../iam/identities.ts';
import { systemClock } from '../lib/clock.ts';
import { randomIds } from '../lib/ids.ts';
import { silentLogger } from '../lib/logger.ts';
import { openLogStore } from '../observe/open-log-store.ts';
import { openImageRegistry } from '../registry/image-registry.ts';
import { createLayerLinks } from '../registry/layer-links.ts';
import { openUploads } from '../registry/uploads.ts';
import { createEcrService } from '../services/ecr/service.ts';
import { openEventsService } from '../services/events/service.ts';
import { createIamService } from '../services/iam/service.ts';
import { LambdaUnderTest } from '../services/lambda/fixtures/start-lambda.ts';
import { createLogsService } from '../services/logs/service.ts';
import { openSnsService } from '../services/sns/service.ts';
import { openSqsService } from '../services/sqs/service.ts';
import { openXrayService } from '../services/xray/service.ts';
import { openDurableQueue } from '../store/queue/open-durable-queue.ts';
import { createStsService } from '../services/sts/service.ts';
import { serviceNames, valuesOf } from '../wire/sdk-client.testsuite.ts';
import { loadServiceModel } from '../wire/service-model.ts';

/** AWS: everybody who can sign may call these; AssumeRole and its kin decide with the role's trust policy. */
const withoutPermission = new Set([
  'AssumeRole',
  'AssumeRoleWithWebIdentity',
  'GetCallerIdentity',
  'GetSessionToken',
]);

/** Values that operations take apart before they know what they act on. */
const named: Readonly<Record<string, unknown>> = {
  FunctionName: 'pay',
  Resource: 'arn:aws:lambda:eu-west-1:000000000000:function:pay',
  resourceArn: 'arn:aws:logs:eu-west-1:000000000000:log-group:pay',
  Url: 'https://id.example.com',
  QueueUrl: 'http://127.0.0.1:4566/000000000000/pay',
  ResourceARN: 'arn:aws:events:eu-west-1:000000000000:rule/pay',
  SourceArn: 'arn:aws:sqs:eu-west-1:000000000000:pay',
};

/** Where two services call what they act on by the same name. */
const namedBy: Readonly<Partial<Record<ServiceName, typeof named>>> = {
  ecr: { resourceArn: 'arn:aws:ecr:eu-west-1:000000000000:repository/pay' },
};

const context = createContext();

const services = new Map<ServiceName, Service>();
const open = new AsyncDisposableStack();
beforeAll(async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'hearth-permissions-'));
  open.defer(() => rm(folder, { recursive: true }));
  const store = openMemoryStore();
  const deps = { clock: systemClock, ids: randomIds, logger: silentLogger, store };
  const identities = await openIdentities({ ...deps, secretsKey: Buffer.alloc(32) });
  const logs = open.use(await openLogStore({ ...deps, folder: path.join(folder, 'logs') }));
  const lambda = new LambdaUnderTest(path.join(folder, 'lambda'));
  await lambda.start();
  open.defer(() => lambda.stop());
  services.set('iam', createIamService({ ...deps, identities }));
  services.set('sts', createStsService({ ...deps, identities }));
  const messages = open.use(await openDurableQueue(deps));
  services.set('sqs', open.use(await openSqsService({ ...deps, messages })));
  const callAs = lambda.callAs;
  services.set('events', open.use(await openEventsService({ ...deps, callAs })));
  services.set('xray', open.use(await openXrayService(deps)));
  const registry = open.use(
    await openImageRegistry({ ...deps, folder: path.join(folder, 'registry') }),
  );
  const uploads = await openUploads({
    registry,
    folder: path.join(folder, 'registry/uploads'),
    ids: randomIds,
    nowMs: Date.now,
  });
  services.set(
    'ecr',
    createEcrService({
      ...deps,
      identities,
      registry,
      uploads,
      links: createLayerLinks(deps),
    }),
  );
  services.set('sns', open.use(await openSnsService({ ...deps, callAs })));
  services.set('logs', createLogsService({ ...deps, logs }));
  services.set('lambda', lambda.service);
});
afterAll(() => open.disposeAsync());

describe.each(serviceNames)('%s', (name) => {
  const model = loadServiceModel(name);

  test('asks for a permission, for every operation that it serves', () => {
    const operations = [...(services.get(name)?.operations.values() ?? [])];
    expect(operations.length).toBeGreaterThan(0);
    for (const operation of operations) {
      if (withoutPermission.has(operation.name)) continue;
      const asked = permissionsOf(operation);
      expect({ operation: operation.name, asked: asked.length }).not.toMatchObject({ asked: 0 });
      for (const permissions of asked) expect(permissions, operation.name).not.toEqual([]);
      for (const { action, resources } of asked.flat()) {
        expect(action).toMatch(/^(lambda|iam|sts|logs|sqs|sns|events|xray|ecr):[A-Z][A-Za-z]+$/);
        expect({ action, resources }).not.toMatchObject({ resources: [] });
      }
    }
  });

  /** For inputs as the model allows them; those whose ARNs and names are none are refused. */
  function permissionsOf(operation: object & { readonly name: string }): Permission[][] {
    const inputs = fc.sample(valuesOf(model.operations.get(operation.name)!.input), {
      numRuns: 20,
      seed: 7,
    });
    return inputs.flatMap((input) => {
      const given = Object.entries({ ...named, ...namedBy[name] }).filter(([key]) => key in input);
      try {
        const asking = operation as AsksForAnything;
        return [[...asking.permissions({ ...input, ...Object.fromEntries(given) }, context)]];
      } catch (error) {
        if (error instanceof AwsError) return [];
        throw error;
      }
    });
  }
});

/** The input is of the operation's own model: its type holds. */
interface AsksForAnything {
  readonly name: string;
  permissions(input: object, context: OperationContext): readonly Permission[];
}
