import { expect, test } from 'vitest';
import { rulesToLeave, rulesToPass, type Filters } from './foreign-chains.ts';

/** As a machine with Docker has it. */
const docker: Filters = [
  { chain: { family: 'ip', table: 'filter', name: 'FORWARD', hook: 'forward', policy: 'drop' } },
  { chain: { family: 'ip', table: 'filter', name: 'INPUT', hook: 'input', policy: 'drop' } },
  { chain: { family: 'ip', table: 'filter', name: 'DOCKER-USER' } },
  { chain: { family: 'ip6', table: 'filter', name: 'FORWARD', hook: 'forward', policy: 'drop' } },
  { chain: { family: 'inet', table: 'mine', name: 'fwd', hook: 'forward', policy: 'accept' } },
  { chain: { family: 'ip', table: 'hearth-1', name: 'forward', hook: 'forward', policy: 'drop' } },
];

test('chains that drop what they do not know are passed, and no others', () => {
  expect(rulesToPass(docker, 'hearth-0', 'hearth-1-2-3')).toEqual([
    'insert rule ip filter FORWARD iifname "hearth-0" counter accept comment "hearth-1-2-3"',
    'insert rule ip filter FORWARD oifname "hearth-0" counter accept comment "hearth-1-2-3"',
  ]);
});

test('rules are known by their owner again, and those of others are left alone', () => {
  const rule = { family: 'ip', table: 'filter', chain: 'FORWARD' };
  const filters = [
    ...docker,
    { rule: { ...rule, handle: 3, comment: 'hearth-1-2-3' } },
    { rule: { ...rule, handle: 4, comment: 'hearth-9-9-9' } },
    { rule: { ...rule, handle: 5 } },
  ];
  expect(rulesToLeave(filters, (owner) => owner === 'hearth-1-2-3')).toEqual([
    'delete rule ip filter FORWARD handle 3',
  ]);
});
