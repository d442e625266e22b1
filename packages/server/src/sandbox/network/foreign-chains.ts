/**
 * Other people's packet filters that drop whatever they do not know: Docker and ufw set the policy
 * of the host's FORWARD chain so, and then nothing of ours would pass. Two rules at the head of each
 * such chain let our link through; what may pass over that link is decided by our own table.
 *
 * The rules are of the form that `iptables` itself makes, so it goes on understanding its table.
 */
import { listFilters, loadRuleset } from './firewall.ts';

interface Chain {
  readonly family: string;
  readonly table: string;
  readonly name: string;
  readonly hook?: string;
  readonly policy?: string;
}

interface Rule {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  readonly handle: number;
  readonly comment?: string;
}

/** As nft lists them. */
export type Filters = readonly { readonly chain?: Chain; readonly rule?: Rule }[];

/** In the network namespace that this thread is in, as is all below. */
export function passForeignChains(link: string, owner: string): void {
  load(rulesToPass(readChains(), link, owner));
}

/** Removes the rules of such owners. */
export function leaveForeignChains(isOurs: (owner: string) => boolean): void {
  load(rulesToLeave(readChains(), isOurs));
}

/** Not the whole ruleset: nft 1.0.6 breaks its JSON where a table has the flag of ours. */
function readChains(): Filters {
  const chains: Filters = listFilters('chains');
  const rules = foreign(chains)
    .flatMap(({ family, table, name }): Filters => listFilters('chain', family, table, name))
    .filter(({ rule }) => rule !== undefined);
  return [...chains, ...rules];
}

function load(rules: readonly string[]): void {
  if (rules.length > 0) loadRuleset(rules.join('\n'));
}

function foreign(filters: Filters): readonly Chain[] {
  return filters
    .flatMap(({ chain }) => chain ?? [])
    .filter(({ family, table, hook }) => {
      const isOurs = family === 'ip' && table.startsWith('hearth-');
      return (family === 'ip' || family === 'inet') && !isOurs && hook === 'forward';
    });
}

export function rulesToPass(filters: Filters, link: string, owner: string): readonly string[] {
  return foreign(filters)
    .filter(({ policy }) => policy === 'drop')
    .flatMap(({ family, table, name }) =>
      ['iifname', 'oifname'].map(
        (direction) =>
          `insert rule ${family} ${table} ${name} ${direction} "${link}" counter accept comment "${owner}"`,
      ),
    );
}

export function rulesToLeave(
  filters: Filters,
  isOurs: (owner: string) => boolean,
): readonly string[] {
  return filters
    .flatMap(({ rule }) => rule ?? [])
    .filter(({ comment }) => comment !== undefined && isOurs(comment))
    .map(
      ({ family, table, chain, handle }) =>
        `delete rule ${family} ${table} ${chain} handle ${handle}`,
    );
}
