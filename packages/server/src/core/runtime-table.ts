/**
 * The runtimes that the API knows by name, and AWS's words for those it does not accept. Which
 * of the current ones this machine can run is the runtime catalogue's knowledge, not this table's.
 */
import { AwsError } from './aws-error.ts';

/** AWS: the order in which the service prints them (a hash order), as recorded in early 2026. */
export const printedRuntimes = [
  'nodejs20.x',
  'python3.14',
  'provided.al2023',
  'python3.12',
  'python3.13',
  'nodejs24.x',
  'nodejs22.x',
  'java25',
  'python3.10',
  'python3.11',
  'java21',
  'ruby3.3',
  'ruby3.4',
  'ruby3.2',
  'python3.8',
  'python3.9',
  'java17',
  'nodejs16.x',
  'dotnet10',
  'dotnet8',
  'java11',
  'dotnet6',
  'nodejs18.x',
  'provided.al2',
  'java8.al2',
] as const;

/** Accepted too, but younger than the recording of the list above. */
export const youngerRuntimes = [
  'nodejs26.x',
  'python3.15',
  'ruby4.0',
  'java8.al2023',
  'java11.al2023',
  'java17.al2023',
] as const;

/** Once valid; creating and updating functions with them is refused. */
const DEPRECATED = [
  'dotnetcore1.0',
  'dotnetcore2.0',
  'dotnetcore2.1',
  'dotnetcore3.1',
  'go1.x',
  'java8',
  'nodejs',
  'nodejs4.3',
  'nodejs4.3-edge',
  'nodejs6.10',
  'nodejs8.10',
  'nodejs10.x',
  'nodejs12.x',
  'nodejs14.x',
  'provided',
  'python2.7',
  'python3.6',
  'python3.7',
  'ruby2.5',
  'ruby2.7',
] as const;

export const acceptedRuntimes: readonly string[] = [...printedRuntimes, ...youngerRuntimes];
export const deprecatedRuntimes: readonly string[] = DEPRECATED;

/** Throws what AWS answers to a runtime that no function may be created with. */
export function checkRuntime(runtime: string): void {
  if (acceptedRuntimes.includes(runtime)) return;
  throw new AwsError('InvalidParameterValueException', 400, refusal(runtime), {
    members: { Type: 'User' },
  });
}

function refusal(runtime: string): string {
  return deprecatedRuntimes.includes(runtime)
    ? `The runtime parameter of ${runtime} is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions.`
    : `Value ${runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [${printedRuntimes.join(', ')}] or be a valid ARN`;
}
