import { BlockList } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileNetwork } from './condition-values.ts';

test('a network of the fourth version holds what Node says that it holds', () => {
  const near = fc.tuple(fc.ipV4(), fc.ipV4(), fc.boolean());
  fc.assert(
    fc.property(near, fc.integer({ min: 0, max: 32 }), ([base, other, isNear], prefix) => {
      const list = new BlockList();
      list.addSubnet(base, prefix);
      // Two arbitrary addresses are in one network only where it is nearly everything.
      const address = isNear ? [...base.split('.').slice(0, 3), '7'].join('.') : other;
      expect(compileNetwork(`${base}/${prefix}`)(address)).toBe(list.check(address));
    }),
  );
});

test.each([
  ['2001:db8::/32', '2001:db8:1::1', true],
  ['2001:db8::/32', '2001:db9::1', false],
  ['::1', '::1', true],
  ['10.0.0.0/8', '::1', false],
  ['10.0.0.1', '10.0.0.1', true],
  ['10.0.0.1', '10.0.0.2', false],
  ['0.0.0.0/0', '255.255.255.255', true],
  ['10.0.0.0/33', '10.0.0.1', undefined],
  ['10.0.0.0/8/8', '10.0.0.1', undefined],
  ['10.0.0.0/x', '10.0.0.1', undefined],
  ['somewhere', '10.0.0.1', undefined],
  ['10.0.0.0/8', 'somewhere', undefined],
])('%s holds %s: %s', (network, address, holds) => {
  expect(compileNetwork(network)(address)).toBe(holds);
});
