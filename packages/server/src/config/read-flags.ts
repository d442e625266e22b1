/** The command line as pairs of flag and text. Both `--port 1` and `--port=1`; the last one wins. */
import { accepted } from './parse-option.ts';
import { nearestName } from './nearest-name.ts';
import { optionList, type OptionName } from './option-table.ts';

export interface Flags {
  readonly command: 'serve' | 'help' | 'version';
  readonly texts: ReadonlyMap<OptionName, string>;
  /** A sentence for each argument that makes no sense. */
  readonly problems: readonly string[];
}

export function readFlags(argv: readonly string[]): Flags {
  if (argv.includes('--help') || argv.includes('-h')) return only('help');
  if (argv.includes('--version')) return only('version');
  const texts = new Map<OptionName, string>();
  const problems: string[] = [];
  const rest = [...argv];
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    const [flag, inline] = splitOnce(argument);
    const option = optionList.find((each) => each.flag === flag);
    if (option === undefined) {
      problems.push(unknownArgument(argument, flag));
      // Its value, if it seems to have one, is not one more problem.
      if (inline === undefined && flag.startsWith('-') && !rest[0]?.startsWith('-')) rest.shift();
      continue;
    }
    const text = inline ?? (rest[0]?.startsWith('--') ? undefined : rest.shift());
    if (text === undefined || text === '')
      problems.push(`${flag} needs a value: ${accepted(option)}.`);
    else texts.set(option.name, text);
  }
  return { command: 'serve', texts, problems };
}

function only(command: 'help' | 'version'): Flags {
  return { command, texts: new Map(), problems: [] };
}

function splitOnce(argument: string): readonly [string, string?] {
  const at = argument.indexOf('=');
  return at === -1 ? [argument] : [argument.slice(0, at), argument.slice(at + 1)];
}

function unknownArgument(argument: string, flag: string): string {
  if (!flag.startsWith('-')) return `Unexpected argument ${argument}. --help shows the options.`;
  const flags = ['--help', '--version', ...optionList.map((option) => option.flag)];
  const nearest = nearestName(flag, flags);
  return `Unknown option ${flag}. ${
    nearest === undefined ? '--help shows the options.' : `Did you mean ${nearest}?`
  }`;
}
