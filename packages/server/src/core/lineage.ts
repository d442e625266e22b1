/**
 * Which functions a chain of invocations has gone through, and how often: the part `Lineage` of the
 * trace header, which the AWS SDKs in a function carry on to what they call. AWS documents that a
 * loop is stopped after about sixteen rounds; how it writes the lineage is not documented, so the
 * form here (`1:<function>:<rounds>|...`) is one that was seen.
 */
import { crc32 } from 'node:zlib';

/** A function that comes round so often is in a loop. */
export const MOST_ROUNDS = 16;
/** More would not fit into a header; the oldest go first. */
const MOST_FUNCTIONS = 20;

export interface Lineage {
  /** The header with this invocation in it. */
  readonly traceHeader: string;
  /** How often the function was in the chain before. */
  readonly rounds: number;
}

export function withLineage(traceHeader: string, functionArn: string): Lineage {
  const id = crc32(functionArn).toString(16).padStart(8, '0');
  // Most chains begin here, which needs no taking apart.
  if (!traceHeader.includes(NAME)) {
    return { traceHeader: `${traceHeader};${NAME}1:${id}:0`, rounds: 0 };
  }
  const chain = readChain(lineageOf(traceHeader));
  const rounds = (chain.get(id) ?? -1) + 1;
  chain.delete(id);
  chain.set(id, rounds);
  const others = traceHeader.split(';').filter((part) => !part.startsWith(NAME));
  return { traceHeader: [...others, `${NAME}${writeChain(chain)}`].join(';'), rounds };
}

/** `traceHeader` with the chains of all the others, for what is set in motion by many at once. */
export function joinLineages(traceHeader: string, others: readonly string[]): string {
  const joined = new Map<string, number>();
  for (const header of others) {
    for (const [id, rounds] of readChain(lineageOf(header))) {
      joined.set(id, Math.max(rounds, joined.get(id) ?? 0));
    }
  }
  return joined.size === 0 ? traceHeader : `${traceHeader};${NAME}${writeChain(joined)}`;
}

/** AWS follows no chain through event buses: who goes on from there begins one. */
export function withoutLineage(traceHeader: string): string {
  return traceHeader
    .split(';')
    .filter((part) => !part.startsWith(NAME))
    .join(';');
}

const NAME = 'Lineage=';

function lineageOf(traceHeader: string): string | undefined {
  return traceHeader.split(';').find((part) => part.startsWith(NAME));
}

function writeChain(chain: ReadonlyMap<string, number>): string {
  return [...chain]
    .slice(-MOST_FUNCTIONS)
    .map(([id, rounds]) => `1:${id}:${rounds}`)
    .join('|');
}

function readChain(part: string | undefined): Map<string, number> {
  const chain = new Map<string, number>();
  for (const [, id = '', count] of (part ?? '').matchAll(/([0-9a-f]{8}):(\d{1,3})/g)) {
    chain.set(id, Number(count));
  }
  return chain;
}
