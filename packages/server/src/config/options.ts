/**
 * What the server was asked for: command line over environment over defaults, checked, frozen.
 * Nothing else reads `process.env`; nothing is ignored, so that a typing error is never a
 * setting that silently has no effect.
 */
import { homedir } from 'node:os';
import type { Limits } from '../core/adjustable-limits.ts';
import { ConfigRefused } from './config-refused.ts';
import { defaultFolder, type User } from './default-folders.ts';
import { nearestName } from './nearest-name.ts';
import { optionList, type OptionValues } from './option-table.ts';
import { parseOption } from './parse-option.ts';
import { readFlags } from './read-flags.ts';

export interface Config extends OptionValues {
  /** `help` and `version` were asked for instead of a server; the rest is then the defaults. */
  readonly command: 'serve' | 'help' | 'version';
}

type Environment = Readonly<Record<string, string | undefined>>;

/** `argv` without the program: `process.argv.slice(2)`. Throws `ConfigRefused`. */
export function readConfig(
  argv: readonly string[],
  env: Environment,
  user: User = { isRoot: process.getuid?.() === 0, homeFolder: homedir() },
): Config {
  const flags = readFlags(argv);
  const variables: Environment = flags.command === 'serve' ? env : {};
  const problems = [...flags.problems, ...unknownVariables(variables)];
  const values: Record<string, string | number | Limits> = {};
  for (const option of optionList) {
    const flagText = flags.texts.get(option.name);
    // An empty variable is an unset one: that is how compose files and CI pass "nothing" on.
    const text = flagText ?? (variables[option.env] || undefined);
    if (text === undefined) {
      values[option.name] =
        option.type === 'folder' ? defaultFolder(option.default, user, env) : option.default;
      continue;
    }
    const given = flagText === undefined ? option.env : option.flag;
    const parsed = parseOption(option, given, text);
    if (parsed.kind === 'refused') problems.push(parsed.sentence);
    else values[option.name] = parsed.value;
  }
  problems.push(...upstreamsWithoutKey(values));
  if (problems.length > 0) throw new ConfigRefused(problems.join('\n'));
  return Object.freeze({ ...(values as unknown as OptionValues), command: flags.command });
}

/** Nothing can be signed for a server that knows no key of ours. */
function upstreamsWithoutKey(values: Readonly<Record<string, unknown>>): readonly string[] {
  const given = optionList.filter(({ name, type }) => type === 'url' && values[name] !== '');
  if (given.length === 0) return [];
  if (values['upstreamAccessKeyId'] && values['upstreamSecretAccessKey']) return [];
  const names = given.map(({ env }) => env).join(', ');
  return [
    `Without HEARTH_UPSTREAM_ACCESS_KEY_ID and HEARTH_UPSTREAM_SECRET_ACCESS_KEY nothing can be signed for ${names}.`,
  ];
}

function unknownVariables(env: Environment): readonly string[] {
  const known = optionList.map((option): string => option.env);
  return Object.keys(env)
    .filter((name) => name.startsWith('HEARTH_') && !known.includes(name))
    .map((name) => {
      const nearest = nearestName(name, known);
      return `Unknown variable ${name}. ${
        nearest === undefined ? '--help shows the options.' : `Did you mean ${nearest}?`
      }`;
    });
}
