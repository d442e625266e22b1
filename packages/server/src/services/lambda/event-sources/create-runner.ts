/** What polls the sources of this service's mappings. */
import { eventSourceMappingArn } from '../../../functions/event-source-mappings.ts';
import { createMappingRunner, type MappingRunner } from '../../../sources/mapping-runner.ts';
import { startSqsPoller } from '../../../sources/sqs/sqs-poller.ts';
import type { LambdaRoom, LambdaServiceDependencies } from '../lambda-deps.ts';
import { batchTarget } from './batch-target.ts';

/** `room` is asked for when the first mapping is followed: it has the runner in it. */
export function createRunner(
  deps: Pick<LambdaServiceDependencies, 'mappings' | 'callAs' | 'roles' | 'clock' | 'logger'>,
  room: () => LambdaRoom,
  closeGraceMs: number,
): MappingRunner {
  return createMappingRunner({
    ...deps,
    closeGraceMs,
    startPoller: (record, settings) => {
      const arn = eventSourceMappingArn(record, record.uuid);
      const target = batchTarget(room(), () => deps.mappings.find(arn) ?? record);
      return startSqsPoller(deps, record.source, target, settings);
    },
  });
}
