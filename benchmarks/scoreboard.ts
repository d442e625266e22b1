/** One line of the table, and its form in the JSON results. */
export interface Line {
  readonly row: string;
  readonly metric: string;
  readonly value: string;
  readonly control: string;
  readonly target: string;
  /** Whether the promise of SPECIFICATION.md holds; undefined where none is made yet. */
  readonly holds?: boolean;
  readonly numbers: Readonly<Record<string, number>>;
}

export function table(lines: readonly Line[]): string {
  const cells = [
    ['row', 'metric', 'measured', 'against', 'target'],
    ...lines.map((line) => [line.row, line.metric, line.value, line.control, line.target]),
  ];
  const widths = cells[0]?.map((_, column) =>
    Math.max(...cells.map((row) => (row[column] ?? '').length)),
  );
  const print = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths?.[column] ?? 0)).join(' | ')} |`;
  const [head = [], ...rest] = cells;
  const rule = `|${(widths ?? []).map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [print(head), rule, ...rest.map(print)].join('\n');
}
