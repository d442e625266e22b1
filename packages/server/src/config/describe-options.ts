/** The options table in words: what `--help` prints and the reference page of the documentation. */
import { optionList, type Option } from './option-table.ts';
import { accepted } from './parse-option.ts';

export function helpText(): string {
  const rows = [
    ...optionList.map((option) => ({
      left: `${option.flag} ${option.value}`,
      right: `${option.description} ${inParentheses(option)}`,
    })),
    { left: '--help', right: 'Shows this.' },
    { left: '--version', right: 'Shows the version.' },
  ];
  const width = Math.max(...rows.map((row) => row.left.length));
  return [
    'Hearth: AWS Lambda on your own machines',
    '',
    'Usage: npm start -- [options]',
    '',
    ...rows.map((row) => `  ${row.left.padEnd(width)}  ${row.right}`),
    '',
    'Each option is also an environment variable; the flag wins:',
    ...optionList.map((option) => `  ${option.flag.padEnd(width)}  ${option.env}`),
    '',
  ].join('\n');
}

/** A table in markdown. */
export function optionsReference(): string {
  const lines = optionList.map(
    (option) =>
      `| \`${option.env}\` | \`${option.flag}\` | ${defaultOf(option)} | ` +
      `${option.description} Accepts ${accepted(option)}. |`,
  );
  return [
    '| variable | flag | default | meaning |',
    '| --- | --- | --- | --- |',
    ...lines,
    '',
  ].join('\n');
}

function inParentheses(option: Option): string {
  const choices = 'choices' in option ? `${option.choices.join(', ')}; ` : '';
  return `(${choices}default ${defaultOf(option).replaceAll('`', '')})`;
}

function defaultOf(option: Option): string {
  if (option.type === 'limits') return "AWS's";
  if (option.default === '') return 'none';
  if (option.type !== 'folder') return `\`${option.default}\``;
  return option.default === 'data'
    ? '`/var/lib/hearth` for root, else `~/.local/share/hearth` (XDG)'
    : '`/var/cache/hearth` for root, else `~/.cache/hearth` (XDG)';
}
