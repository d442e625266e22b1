/** Managed policies: those of AWS, which exist everywhere, and those of the accounts. */
import { awsManagedPolicies } from './aws-managed-policies.ts';
import { managedPolicyArn, type ManagedPolicy } from './managed-policy.ts';
import type { RecordTable } from './record-table.ts';
import type { Serial } from './serial.ts';

export interface ManagedPolicies {
  find(arn: string): ManagedPolicy | undefined;
  /** AWS's own and the account's, sorted by ARN. */
  list(account: string): readonly ManagedPolicy[];
  /** Changes whenever any policy does. */
  readonly generation: number;
  /** Resolves to false where the account has a policy of that name, whatever its path. */
  create(policy: ManagedPolicy): Promise<boolean>;
  /** As `Roles.update`; AWS's own policies cannot be changed and count as missing. */
  update(
    arn: string,
    change: (policy: ManagedPolicy) => ManagedPolicy,
  ): Promise<ManagedPolicy | undefined>;
  remove(arn: string, check: (policy: ManagedPolicy) => void): Promise<boolean>;
}

export function createManagedPolicies(
  table: RecordTable<ManagedPolicy>,
  serial: Serial,
): ManagedPolicies {
  const list = (account: string): readonly ManagedPolicy[] =>
    [...awsManagedPolicies, ...table.values()]
      .filter((policy) => policy.account === 'aws' || policy.account === account)
      .sort((one, other) => (managedPolicyArn(one) < managedPolicyArn(other) ? -1 : 1));
  return {
    find: (arn) => awsOwn.get(arn) ?? table.get(arn),
    list,
    get generation() {
      return table.generation;
    },
    create: (policy) =>
      serial(async () => {
        const name = policy.name.toLowerCase();
        const isTaken = (other: ManagedPolicy): boolean =>
          other.account === policy.account && other.name.toLowerCase() === name;
        if (table.values().some(isTaken)) return false;
        await table.put(managedPolicyArn(policy), policy);
        return true;
      }),
    update: (arn, change) =>
      serial(async () => {
        const policy = table.get(arn);
        if (policy === undefined) return undefined;
        const changed = change(policy);
        await table.put(arn, changed);
        return changed;
      }),
    remove: (arn, check) =>
      serial(async () => {
        const policy = table.get(arn);
        if (policy === undefined) return false;
        check(policy);
        await table.remove(arn);
        return true;
      }),
  };
}

const awsOwn: ReadonlyMap<string, ManagedPolicy> = new Map(
  awsManagedPolicies.map((policy) => [managedPolicyArn(policy), policy]),
);
