import { expect, test } from 'vitest';
import { runtimeVersionArn } from './runtime-version-arn.ts';

test('names one version of a runtime in one region', () => {
  const arn = runtimeVersionArn('eu-west-1', 'nodejs:22.v1');
  expect(arn).toMatch(/^arn:aws:lambda:eu-west-1::runtime:[0-9a-f]{64}$/);
  expect(runtimeVersionArn('eu-west-1', 'nodejs:22.v1')).toBe(arn);
  expect(runtimeVersionArn('eu-west-1', 'nodejs:22.v2')).not.toBe(arn);
});
