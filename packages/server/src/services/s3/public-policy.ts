/**
 * Whether a bucket's policy is public in AWS's sense: it allows everybody something, and no
 * condition ties it to fixed values of who or where from.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
 */
import type { ResourcePolicy } from '../../core/operation.ts';

interface Statement {
  readonly Effect: string;
  readonly Principal?: '*' | Readonly<Record<string, string | readonly string[]>>;
  readonly NotPrincipal?: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export function isPublicPolicy(policy: ResourcePolicy): boolean {
  return (policy.Statement as readonly Statement[]).some(
    (statement) =>
      statement.Effect === 'Allow' && isForEverybody(statement) && !isTied(statement.Condition),
  );
}

function isForEverybody({ Principal, NotPrincipal }: Statement): boolean {
  if (NotPrincipal !== undefined || Principal === '*') return true;
  return [Principal?.['AWS'] ?? []].flat().includes('*');
}

const tyingKeys: ReadonlySet<string> = new Set([
  'aws:principalorgid',
  'aws:principalorgpaths',
  'aws:principalaccount',
  'aws:principalarn',
  'aws:sourceaccount',
  'aws:sourcearn',
  'aws:sourceip',
  'aws:sourceorgid',
  'aws:sourcevpc',
  'aws:sourcevpce',
  'aws:sourceowner',
  'aws:userid',
  's3:dataaccesspointaccount',
  's3:dataaccesspointarn',
]);

function isTied(condition: Statement['Condition'] = {}): boolean {
  return Object.entries(condition).some(
    ([operator, keys]) =>
      !/not/i.test(operator) &&
      Object.entries(keys).some(
        ([key, values]) => tyingKeys.has(key.toLowerCase()) && [values].flat().every(isFixed),
      ),
  );
}

function isFixed(value: unknown): boolean {
  const text = String(value);
  return !text.includes('*') && !text.includes('${') && !text.endsWith('/0');
}
