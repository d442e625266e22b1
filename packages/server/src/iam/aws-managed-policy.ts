/** One managed policy of AWS, as data. */
import type { ManagedPolicy } from './managed-policy.ts';

interface AwsPolicy {
  readonly name: string;
  readonly id: string;
  readonly path?: string;
  readonly description: string;
  readonly createdAt: string;
  /** The number of AWS's newest version; only that one is kept. */
  readonly version?: number;
  readonly updatedAt?: string;
  readonly statements: readonly object[];
}

export function awsManaged(policy: AwsPolicy): ManagedPolicy {
  const { name, id, path = '/', description, createdAt, version = 1, statements } = policy;
  const createdAtMs = Date.parse(createdAt);
  const updatedAtMs = Date.parse(policy.updatedAt ?? createdAt);
  const document = JSON.stringify({ Version: '2012-10-17', Statement: statements }, null, 4);
  return {
    account: 'aws',
    name,
    id,
    path,
    description,
    createdAtMs,
    updatedAtMs,
    tags: [],
    versions: [{ id: `v${version}`, document, createdAtMs: updatedAtMs }],
    defaultVersion: `v${version}`,
    lastVersionNumber: version,
  };
}
