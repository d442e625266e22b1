/** The forms of actions and resources, with AWS's texts for those that have another. */
import { listOf, type PolicyStatement } from './policy-statement.ts';

export function checkActions(statement: PolicyStatement): string | undefined {
  return firstProblem(listOf(statement.Action ?? statement.NotAction), actionProblem);
}

export function checkResources(statement: PolicyStatement): string | undefined {
  return firstProblem(listOf(statement.Resource ?? statement.NotResource), resourceProblem);
}

function firstProblem(
  values: readonly string[],
  problemOf: (value: string) => string | undefined,
): string | undefined {
  for (const value of values) {
    const problem = problemOf(value);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function actionProblem(action: string): string | undefined {
  if (action === '*') return undefined;
  const [vendor = '', name, ...more] = action.split(':');
  if (name === undefined) {
    return 'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.';
  }
  if (more.length > 0) return 'Actions/Condition can contain only one colon.';
  return /[^a-zA-Z0-9.-]/.test(vendor) && vendor !== '*'
    ? `Vendor ${vendor} is not valid`
    : undefined;
}

function resourceProblem(resource: string): string | undefined {
  if (resource === '*') return undefined;
  // Policy variables hold colons; they stand for text without any.
  const segments = resource.replaceAll(/\$\{[^}]*\}/g, '_').split(':');
  const [, partition, service, region, account] = segments;
  if (partition === undefined) return `Resource ${resource} must be in ARN format or "*".`;
  if (partition !== '*' && !partitions.includes(partition)) {
    return `Partition "${partition}" is not valid for resource "${padded(segments)}".`;
  }
  if (service === undefined) {
    return 'Resource vendor must be fully qualified and cannot contain regexes.';
  }
  if (service === '' || (segments.length < 6 && resource.includes('::'))) {
    return 'The policy failed legacy parsing';
  }
  if (service === 'iam') return iamProblem(resource, region ?? '', segments.slice(5).join(':'));
  const isRegionalS3 = service === 's3' && account === '' && region !== '' && region !== undefined;
  if (isRegionalS3) return `Resource ${resource} can not contain region information.`;
  return undefined;
}

function iamProblem(resource: string, region: string, path: string): string | undefined {
  if (region !== '' && region !== '*') {
    return `IAM resource ${resource} cannot contain region information.`;
  }
  if (path === '*' || path === '' || iamPaths.some((start) => path.startsWith(start)))
    return undefined;
  // A wildcard may stand for the kind as well: `arn:aws:iam::*:ro*`.
  if (/^[a-z-]*[*?]/.test(path)) return undefined;
  return `IAM resource path must either be "*" or start with ${iamPaths.join(', ')}.`;
}

/** AWS names such a resource with what is missing filled in. */
function padded([, partition, ...rest]: readonly string[]): string {
  const [service = '*', region = '*', account = '*', ...resource] = rest;
  return ['arn', partition, service, region, account, resource.join(':') || '*'].join(':');
}

const partitions = [
  'aws',
  'aws-cn',
  'aws-us-gov',
  'aws-iso',
  'aws-iso-b',
  'aws-iso-e',
  'aws-iso-f',
  'aws-eusc',
];
const iamPaths = [
  'user/',
  'federated-user/',
  'role/',
  'group/',
  'instance-profile/',
  'mfa/',
  'server-certificate/',
  'policy/',
  'sms-mfa/',
  'saml-provider/',
  'oidc-provider/',
  'report/',
  'access-report/',
];
