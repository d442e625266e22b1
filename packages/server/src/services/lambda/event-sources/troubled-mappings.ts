/**
 * Mappings that are enabled and take nothing: the queue is gone, the role lost its rights, another
 * server does not answer. AWS tells nothing of that in the answers about mappings of queues, so it is
 * told beside the API.
 */
import { eventSourceMappingArn } from '../../../functions/event-source-mappings.ts';
import type { LambdaRoom } from '../lambda-deps.ts';
import { mappedArn } from './find-mapping.ts';

export interface TroubledMapping {
  readonly mapping: string;
  readonly source: string;
  readonly function: string;
  readonly reason: string;
  /** ISO 8601. */
  readonly since: string;
}

export function troubledMappings({
  mappings,
  mappingRunner,
}: Pick<LambdaRoom, 'mappings' | 'mappingRunner'>): readonly TroubledMapping[] {
  return [...mappings.all()].flatMap((record) => {
    const trouble = mappingRunner.troubleOf(record);
    if (trouble === undefined) return [];
    return [
      {
        mapping: eventSourceMappingArn(record, record.uuid),
        source: record.source,
        function: mappedArn(record),
        reason: trouble.reason,
        since: new Date(trouble.sinceMs).toISOString(),
      },
    ];
  });
}
