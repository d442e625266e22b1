/**
 * `hearth doctor`: what this server can and cannot do on this machine, and why. Ends with status 1
 * where something needs a hand.
 */
import { Command } from 'commander';
import { send } from '../hearth-client.ts';
import type { Surroundings } from '../program.ts';

/** What `GET /_hearth/health` answers, as far as it is shown. */
interface Health {
  readonly version: string;
  readonly isolation: {
    readonly driver: string;
    readonly description: string;
    readonly warning?: string;
    readonly advisories: readonly string[];
  };
  readonly network: { readonly description: string; readonly warning?: string };
  readonly services: readonly string[];
  /** `available`, or `unavailable: <why>`. */
  readonly runtimes: Readonly<Record<string, string>>;
  readonly asynchronousInvocations: {
    readonly destinationDeliveryFailures: number;
    readonly deadLetterErrors: number;
  };
  readonly troubledEventSourceMappings: readonly TroubledMapping[];
  readonly damagedRecords: Readonly<Record<string, number>>;
  readonly withoutEffect: Readonly<Record<string, string>>;
}

interface TroubledMapping {
  readonly source: string;
  readonly function: string;
  readonly reason: string;
  readonly since: string;
}

interface Finding {
  readonly mark: 'ok' | 'warning' | '-';
  readonly what: string;
  readonly detail: string;
}

export function doctorCommand({ settings, print, setStatus }: Surroundings): Command {
  return new Command('doctor')
    .description('say what this server can do on this machine, and what it cannot')
    .action(async () => {
      const { endpoint } = settings();
      const health = await send<Health>(settings(), { method: 'GET', path: '/_hearth/health' });
      print(`Hearth ${health.version} at ${endpoint}`);
      const findings = diagnose(health);
      for (const { mark, what, detail } of findings) {
        print(`  ${mark.padEnd(8)} ${what.padEnd(18)} ${detail}`);
      }
      if (findings.some(({ mark }) => mark === 'warning')) setStatus(1);
    });
}

/** A runtime that is missing is no fault: few machines have them all. */
function diagnose(health: Health): readonly Finding[] {
  const { isolation, network, services, runtimes, damagedRecords, withoutEffect } = health;
  const damaged = Object.entries(damagedRecords).filter(([, count]) => count > 0);
  return [
    {
      mark: isolation.driver === 'process' ? 'warning' : 'ok',
      what: 'isolation',
      detail: [isolation.description, isolation.warning].filter(Boolean).join(': '),
    },
    ...isolation.advisories.map((detail) => warning('isolation', detail)),
    {
      mark: network.warning === undefined ? 'ok' : 'warning',
      what: 'network',
      detail: [network.description, network.warning].filter(Boolean).join(': '),
    },
    { mark: 'ok', what: 'services', detail: services.join(', ') },
    ...ofRuntimes(runtimes),
    ...health.troubledEventSourceMappings.map(ofMapping),
    ...ofDeliveries(health.asynchronousInvocations),
    ...damaged.map(([kind, count]) => warning('damaged records', `${count} ${kind}`)),
    ...Object.entries(withoutEffect).map(
      ([what, why]) => ({ mark: '-', what: 'without effect', detail: `${what}: ${why}` }) as const,
    ),
  ];
}

function warning(what: string, detail: string): Finding {
  return { mark: 'warning', what, detail };
}

function ofMapping(mapping: TroubledMapping): Finding {
  const { source, function: name, reason, since } = mapping;
  return warning('event source', `${source} for ${name} cannot be read since ${since}: ${reason}`);
}

/** What failed may have gone well later, which nobody counts. */
function ofDeliveries(counts: Health['asynchronousInvocations']): readonly Finding[] {
  const { destinationDeliveryFailures: destinations, deadLetterErrors: deadLetters } = counts;
  if (destinations + deadLetters === 0) return [];
  const detail = `${destinations} deliveries to destinations and ${deadLetters} to dead-letter queues failed since the start; the log names them`;
  return [{ mark: '-', what: 'deliveries', detail }];
}

/** One line for those of which the same is to be said: Java alone has eight. */
function ofRuntimes(runtimes: Health['runtimes']): readonly Finding[] {
  const said = Map.groupBy(Object.entries(runtimes), ([runtime, state]) =>
    state.replace(/^unavailable: /, '').replace(`Runtime ${runtime} `, ''),
  );
  return [...said].map(([detail, alike]) => ({
    mark: detail === 'available' ? 'ok' : '-',
    what: 'runtimes',
    detail: `${alike.map(([runtime]) => runtime).join(', ')}: ${detail}`,
  }));
}
