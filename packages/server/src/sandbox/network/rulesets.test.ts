import { describe, expect, test } from 'vitest';
import { hostRuleset, uplinkRuleset } from './rulesets.ts';

const allow = [
  { kind: 'host', port: 5432 },
  { kind: 'range', range: '10.1.0.0/16' },
  { kind: 'range', range: '192.168.1.7/32', port: 443 },
] as const;

const host = {
  name: 'hearth-3',
  owner: 'hearth-1-2-3-x-1',
  uplinkAddress: '169.254.101.7',
  allow: [],
  openedLinks: [],
};

/** What a chain holds, one rule each. */
function chain(ruleset: string, name: string): readonly string[] {
  const found = new RegExp(`chain ${name} \\{ (.*?) \\};`).exec(
    ruleset.replaceAll(/\{ [^{}]*, [^{}]* \}/g, (set) => set.replaceAll(/[{}]/g, '|')),
  );
  return (found?.[1] ?? '')
    .split(';')
    .map((rule) => rule.trim())
    .filter(Boolean);
}

describe('the packet filter of an uplink', () => {
  test('closes what is not public behind what is allowed', () => {
    const rules = chain(uplinkRuleset(allow), 'begun');
    expect(rules[0]).toBe('ip daddr 10.1.0.0/16 jump counted');
    expect(rules[1]).toContain('ip daddr 192.168.1.7/32');
    expect(rules[1]).toContain('th dport 443 jump counted');
    expect(rules[2]).toMatch(/^ip daddr \| 0\.0\.0\.0\/8, .*169\.254\.0\.0\/16.* reject/);
    expect(rules).toHaveLength(4);
  });

  test('opens the door to ports of the host only where there are some', () => {
    expect(uplinkRuleset(allow)).toContain('ip daddr 169.254.100.3 tcp dport { 5432 } accept');
    expect(uplinkRuleset([])).not.toContain('169.254.100.3');
  });

  test('drops what it does not know, and lets nobody begin from outside', () => {
    expect(chain(uplinkRuleset(allow), 'forward')).toEqual([
      'type filter hook forward priority filter',
      'policy drop',
      'ct state established,related accept',
      'iifname "s*" oifname "uplink" jump begun',
      'reject with icmp type net-unreachable',
    ]);
  });
});

describe('the packet filter of the host', () => {
  test('is one line, named after its link and bound to who loads it', () => {
    const ruleset = hostRuleset(host);
    expect(ruleset).toMatch(/^table ip hearth-3 \{ flags owner; comment "hearth-1-2-3-x-1"; /);
    expect(ruleset).not.toContain('\n');
  });

  test('keeps functions from the host itself, whatever its addresses are', () => {
    expect(chain(hostRuleset(host), 'input').at(-1)).toBe('iifname "hearth-3" jump to_host');
    expect(chain(hostRuleset(host), 'to_host')).toEqual([
      'ct state established,related accept',
      'reject with icmp type net-unreachable',
    ]);
  });

  test('lets the host forward for nobody else where it did not before', () => {
    expect(hostRuleset(host)).not.toContain('ct status ! dnat drop');
    const opened = hostRuleset({ ...host, openedLinks: ['eth0', 'wlan0'] });
    expect(opened).toContain('iifname { "eth0", "wlan0" } oifname != "hearth-*" ct state new');
  });
});
