/** Code signing configurations: who may have signed code, and what happens to other code. */
import { openRecordRows, type RecordRowsDependencies } from './record-rows.ts';

export interface CodeSigningConfigRecord {
  readonly account: string;
  readonly region: string;
  /** `csc-` and 17 letters or digits. */
  readonly id: string;
  readonly description?: string;
  readonly publishers: readonly string[];
  readonly policy: 'Warn' | 'Enforce';
  readonly lastModifiedMs: number;
  readonly tags: Readonly<Record<string, string>>;
}

export interface CodeSigningConfigs {
  find(arn: string): CodeSigningConfigRecord | undefined;
  /** By id. */
  list(owner: { readonly account: string; readonly region: string }): CodeSigningConfigRecord[];
  insert(record: CodeSigningConfigRecord): Promise<boolean>;
  /** False when `previous` is no longer what is stored. */
  replace(previous: CodeSigningConfigRecord, next: CodeSigningConfigRecord): Promise<boolean>;
  remove(record: CodeSigningConfigRecord): Promise<boolean>;
}

export function codeSigningConfigArn({ account, region, id }: CodeSigningConfigRecord): string {
  return `arn:aws:lambda:${region}:${account}:code-signing-config:${id}`;
}

export async function openCodeSigningConfigs(
  deps: RecordRowsDependencies,
): Promise<CodeSigningConfigs> {
  const rows = await openRecordRows<CodeSigningConfigRecord>(deps, 'code-signing-config');
  const change = (
    previous: CodeSigningConfigRecord | undefined,
    next: CodeSigningConfigRecord | undefined,
    key: string,
  ): Promise<boolean> => rows.change([{ key, previous, next }]);
  return {
    find: (arn) => rows.get(arn),
    list: ({ account, region }) =>
      rows
        .values()
        .filter((each) => each.account === account && each.region === region)
        .toArray()
        .toSorted((one, other) => (one.id < other.id ? -1 : 1)),
    insert: (record) => change(undefined, record, codeSigningConfigArn(record)),
    replace: (previous, next) => change(previous, next, codeSigningConfigArn(previous)),
    remove: (record) => change(record, undefined, codeSigningConfigArn(record)),
  };
}
