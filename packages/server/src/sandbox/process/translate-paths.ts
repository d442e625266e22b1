/**
 * Without isolation a program runs in the host's own file system, so the paths of Lambda in its
 * arguments, working folder and platform variables are replaced by host folders. Pure.
 */

/** `target` (a path inside) is found at `source` (a path on the host). */
export interface PathMapping {
  readonly target: string;
  readonly source: string;
}

export type TranslatePaths = (text: string) => string;

/**
 * Replaces each path that is one of the targets, or below one, by that of the longest target. A
 * path begins at the start of the text or behind `: = , ; " '` or a blank (lists such as PATH,
 * options such as `--import=/opt/x.mjs`), or behind `file://`.
 */
export function createTranslator(mappings: readonly PathMapping[]): TranslatePaths {
  const longestFirst = mappings.toSorted((a, b) => b.target.length - a.target.length);
  if (longestFirst.length === 0) return (text) => text;
  const targets = longestFirst.map(({ target }) => escapePattern(target)).join('|');
  const pattern = new RegExp(`(^|[:=,;\\s"']|file://)(${targets})(?=$|[/:;,\\s"'])`, 'g');
  const sourceOf = new Map(mappings.map(({ target, source }) => [target, source]));
  return (text) =>
    text.replace(
      pattern,
      (_whole, before: string, target: string) => before + (sourceOf.get(target) ?? target),
    );
}

function escapePattern(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
