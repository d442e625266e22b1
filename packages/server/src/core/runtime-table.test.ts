import { Runtime } from '@aws-sdk/client-lambda';
import { expect, test } from 'vitest';
import { acceptedRuntimes, checkRuntime, deprecatedRuntimes } from './runtime-table.ts';

test('every runtime of the SDK is either accepted or deprecated, and none is invented', () => {
  const known = [...acceptedRuntimes, ...deprecatedRuntimes];
  expect(known.toSorted()).toEqual(Object.values<string>(Runtime).toSorted());
  expect(new Set(known).size).toBe(known.length);
});

test.each(acceptedRuntimes)('%s is accepted', (runtime) => {
  expect(() => checkRuntime(runtime)).not.toThrow();
});

test.each(deprecatedRuntimes)('%s is no longer supported', (runtime) => {
  expect(() => checkRuntime(runtime)).toThrow(
    `The runtime parameter of ${runtime} is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions.`,
  );
});

test.each(['PYTHON3.9', 'non-existent-runtime'])('%s is answered with the list', (runtime) => {
  expect(() => checkRuntime(runtime)).toThrow(
    expect.objectContaining({
      code: 'InvalidParameterValueException',
      status: 400,
      message: `Value ${runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [nodejs20.x, python3.14, provided.al2023, python3.12, python3.13, nodejs24.x, nodejs22.x, java25, python3.10, python3.11, java21, ruby3.3, ruby3.4, ruby3.2, python3.8, python3.9, java17, nodejs16.x, dotnet10, dotnet8, java11, dotnet6, nodejs18.x, provided.al2, java8.al2] or be a valid ARN`,
    }),
  );
});
