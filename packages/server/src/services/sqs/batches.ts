/** What the batch operations have in common: AWS's rules for entries, and results one by one. */
import type { BatchResultErrorEntry } from '@aws-sdk/client-sqs';
import { AwsError } from '../../core/aws-error.ts';

const MOST_ENTRIES = 10;

interface BatchEntry {
  readonly Id?: string | undefined;
}

export function checkBatch(entries: readonly BatchEntry[], kind: string): void {
  if (entries.length === 0) {
    throw new AwsError(
      'EmptyBatchRequest',
      400,
      `There should be at least one ${kind} in the request.`,
    );
  }
  if (entries.length > MOST_ENTRIES) {
    throw new AwsError(
      'TooManyEntriesInBatchRequest',
      400,
      `Maximum number of entries per request are ${MOST_ENTRIES}. You have sent ${entries.length}.`,
    );
  }
  const seen = new Set<string>();
  for (const { Id: id = '' } of entries) {
    if (!/^[\w-]{1,80}$/.test(id)) {
      throw new AwsError(
        'InvalidBatchEntryId',
        400,
        'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.',
      );
    }
    if (seen.has(id)) {
      throw new AwsError('BatchEntryIdsNotDistinct', 400, `Id ${id} repeated.`);
    }
    seen.add(id);
  }
}

export interface BatchResult<Done> {
  readonly Successful: Done[];
  readonly Failed: BatchResultErrorEntry[];
}

/** Does each on its own: what is refused is told beside what was done. */
export async function eachOf<Entry extends BatchEntry, Done>(
  entries: readonly Entry[],
  perform: (entry: Entry) => Promise<Done>,
): Promise<BatchResult<Done>> {
  const result: BatchResult<Done> = { Successful: [], Failed: [] };
  await Promise.all(
    entries.map(async (entry) => {
      try {
        result.Successful.push(await perform(entry));
      } catch (error) {
        result.Failed.push(failureOf(entry, error));
      }
    }),
  );
  return result;
}

/** Only what the caller caused is one entry's failure; our own fault fails the request. */
export function failureOf({ Id: id }: BatchEntry, error: unknown): BatchResultErrorEntry {
  if (!(error instanceof AwsError)) throw error;
  return { Id: id, Code: error.code, Message: error.message, SenderFault: true };
}
