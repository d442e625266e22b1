/** One option's value from its text, or a sentence that says what is accepted. */
import { isIP } from 'node:net';
import path from 'node:path';
import type { Limits } from '../core/adjustable-limits.ts';
import { parseDestinations } from '../core/destination.ts';
import { parseRegistries } from '../core/registry-list.ts';
import type { Option } from './option-table.ts';
import { parseLimits } from './parse-limits.ts';
import { readInteger } from './read-integer.ts';

export type ParsedOption =
  | { readonly kind: 'value'; readonly value: string | number | Limits }
  | { readonly kind: 'refused'; readonly sentence: string };

/** `given` is how the option was written, for the sentence: `--port`, `HEARTH_PORT`. */
export function parseOption(option: Option, given: string, text: string): ParsedOption {
  if (option.type === 'limits') {
    const limits = parseLimits(given, text);
    return typeof limits === 'string'
      ? { kind: 'refused', sentence: limits }
      : { kind: 'value', value: limits };
  }
  const value = read(option, text);
  if (value !== undefined) return { kind: 'value', value };
  const expected = `${given} is ${accepted(option)}; '${text}' is not.`;
  return {
    kind: 'refused',
    sentence: option.type === 'loopback' ? exposed(given, text) : expected,
  };
}

/** `one of auto, oci, process`: what stands after "is" in a sentence. */
export function accepted(option: Option): string {
  switch (option.type) {
    case 'integer':
      return `a whole number from ${option.least} to ${option.most}`;
    case 'choice':
      return `one of ${option.choices.join(', ')}`;
    case 'program':
      return `one of ${option.choices.join(', ')}, or the absolute path of a program`;
    case 'folder':
      return 'the path of a folder';
    case 'file':
      return 'the path of a file';
    case 'limits':
      return 'names and whole numbers, as in timeoutSeconds=1800,layers=8 (docs/reference/limits.md has the table)';
    case 'destinations':
      return 'a list like host:5432, 10.1.0.0/16, 192.168.1.7:443';
    case 'url':
      return 'an http or https address without a query';
    case 'registries':
      return 'a list like public.ecr.aws,localhost:5000,user:password@registry.example.com';
    case 'word':
      return 'a word without spaces';
    case 'loopback':
      return 'a loopback address (127.0.0.1, ::1 or localhost)';
  }
}

function read(
  option: Exclude<Option, { readonly type: 'limits' }>,
  text: string,
): string | number | undefined {
  switch (option.type) {
    case 'integer':
      return readInteger(text, option.least, option.most);
    case 'choice':
      return option.choices.find((choice) => choice === text);
    case 'program':
      return option.choices.includes(text) || path.isAbsolute(text) ? text : undefined;
    case 'folder':
    case 'file':
      return text.includes('\0') ? undefined : path.resolve(text);
    case 'destinations':
      return parseDestinations(text) === undefined ? undefined : text;
    case 'url':
      return readUrl(text);
    case 'registries':
      return parseRegistries(text) === undefined ? undefined : text;
    case 'word':
      return /^[!-~]+$/.test(text) ? text : undefined;
    case 'loopback':
      return isLoopback(text) ? text : undefined;
  }
}

function readUrl(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) return undefined;
  const isPlain = url.search === '' && url.hash === '' && url.username === '';
  return isPlain ? text.replace(/\/+$/, '') : undefined;
}

function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true;
  return isIP(host) === 4 && host.startsWith('127.');
}

function exposed(given: string, host: string): string {
  return (
    `${given} ${host} is refused: the key pair test/test is the administrator of account ` +
    '000000000000 and everybody knows it, so Hearth listens on loopback only ' +
    '(127.0.0.1, ::1 or localhost).'
  );
}
