import { expect, test } from 'vitest';
import { zoneId } from './metadata.ts';

test.for([
  ['us-east-1', 'use1-az1'],
  ['eu-central-1', 'euc1-az1'],
  ['ap-southeast-2', 'apse2-az1'],
  ['ap-northeast-1', 'apne1-az1'],
  ['us-gov-west-1', 'usgw1-az1'],
] as const)('the zone of %s is %s', ([region, zone]) => {
  expect(zoneId(region)).toBe(zone);
});
