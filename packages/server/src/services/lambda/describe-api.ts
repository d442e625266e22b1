/**
 * The reference page of Lambda's API: every operation of AWS's model, and whether it is served,
 * from the operations and the refusals themselves. What a refusal table cannot know stands here.
 */
import type { Operation } from '../../core/operation.ts';
import { loadServiceModel } from '../../wire/service-model.ts';
import { settingsRefused } from './event-sources/mapping-settings.ts';
import { sourcesRefused } from './event-sources/source-arn.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { operationsOf } from './operations.ts';
import { featuresRefused } from './refused-features.ts';

const model = loadServiceModel('lambda');

/** They are kept and shown, and invoking them is refused. */

/** What a served operation refuses (or does not act on) beside the features of a function. */
const alsoMissing: Readonly<Record<string, readonly string[]>> = {
  CreateEventSourceMapping: [sourcesRefused, ...settingsRefused],
  UpdateEventSourceMapping: settingsRefused,
  CreateFunction: ['code that stays in S3 (S3ObjectStorageMode REFERENCE)'],
  UpdateFunctionCode: [
    'code that stays in S3 (S3ObjectStorageMode REFERENCE)',
    'customer managed keys (SourceKMSKeyArn)',
    'capacity providers (PublishTo)',
  ],
  PublishLayerVersion: ['code that stays in S3 (S3ObjectStorageMode REFERENCE)'],
  PublishVersion: ['capacity providers (PublishTo)'],
  Invoke: ['durable functions (DurableExecutionName)'],
  ListTags: ['capacity providers'],
  TagResource: ['capacity providers'],
  UntagResource: ['capacity providers'],
};

/** The page, in Markdown. */
export function apiReference(): string {
  const served = new Set(servedNames());
  const missing = missingByOperation();
  const rows = [...model.operations.keys()].toSorted().map((name) => {
    const lacks = missing.get(name) ?? [];
    if (!served.has(name)) return { name, state: 'refused', lacks: [] };
    return { name, state: lacks.length === 0 ? 'served' : 'partly', lacks };
  });
  return `# Lambda's API

All ${rows.length} operations of the AWS SDK's Lambda client. What is refused answers \`NotImplementedException\` (501), which names the
operation; what is missing of a partly served one is refused with a sentence that names it. Where a served one differs from AWS:
[differences](../differences.md). This page is written from the code by \`node scripts/write-reference.ts\`.

| operation | state | what is missing |
|---|---|---|
${rows.map(({ name, state, lacks }) => `| ${name} | ${state} | ${lacks.join('; ')} |`).join('\n')}
`;
}

/** Operations that are made for nobody: only their names are read. */
function servedNames(): readonly string[] {
  return operationsOf({} as LambdaRoom).map(({ name }: Operation) => name);
}

function missingByOperation(): ReadonlyMap<string, readonly string[]> {
  const missing = new Map(Object.entries(featuresRefused));
  for (const [name, what] of Object.entries(alsoMissing)) {
    missing.set(name, [...(missing.get(name) ?? []), ...what]);
  }
  return missing;
}
