/**
 * What a function with ReportBatchItemFailures says of its batch. AWS (services-sqs-errorhandling):
 * an empty answer, `null`, and an empty or null list mean that all went well; an answer that cannot
 * be understood, or names an item that was not there, that all failed.
 */

/** The ids that failed, all of them where the answer cannot be understood. */
export function failedItems(answer: Uint8Array, ids: ReadonlySet<string>): ReadonlySet<string> {
  const failures = listed(answer);
  if (failures === undefined) return ids;
  const failed = failures.map(identifierOf);
  return failed.every((id) => id !== undefined && ids.has(id))
    ? new Set(failed.filter((id) => id !== undefined))
    : ids;
}

/** Undefined: not to be understood. */
function listed(answer: Uint8Array): readonly unknown[] | undefined {
  const text = Buffer.from(answer).toString().trim();
  if (text === '' || text === '""') return [];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (value === null) return [];
  if (typeof value !== 'object' || Array.isArray(value)) return undefined;
  const { batchItemFailures: list = null } = value as { readonly batchItemFailures?: unknown };
  if (list === null) return [];
  return Array.isArray(list) ? (list as readonly unknown[]) : undefined;
}

function identifierOf(item: unknown): string | undefined {
  if (typeof item !== 'object' || item === null) return undefined;
  const { itemIdentifier: id } = item as { readonly itemIdentifier?: unknown };
  return typeof id === 'string' && id !== '' ? id : undefined;
}
