/** Where the statements of a policy stand in its text: lines and columns count from one. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

export interface StatementPosition {
  readonly start: TextPosition;
  readonly end: TextPosition;
}

/** One for each statement, in order. The text is a policy that was parsed before. */
export function statementPositions(text: string): readonly StatementPosition[] {
  const spans: (readonly [number, number])[] = [];
  const open: number[] = [];
  let key = '';
  let isInStatement = false;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '"') {
      const end = endOfString(text, at);
      if (open.length === 1) key = text.slice(at + 1, end);
      at = end;
    } else if (character === '{' || character === '[') {
      if (open.length === 1) isInStatement = key === 'Statement';
      open.push(at);
    } else if (character === '}' || character === ']') {
      const start = open.pop() ?? 0;
      // The statement alone, or one of a list: depth one or two, and an object.
      const isStatement = isInStatement && character === '}' && isDepthOfStatement(text, open);
      if (isStatement) spans.push([start, at + 1]);
    }
  }
  return spans.map(([start, end]) => ({
    start: positionOf(text, start),
    end: positionOf(text, end),
  }));
}

function isDepthOfStatement(text: string, open: readonly number[]): boolean {
  return open.length === 1 || (open.length === 2 && text.charAt(open[1] ?? 0) === '[');
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charAt(at) !== '"') at += text.charAt(at) === '\\' ? 2 : 1;
  return at;
}

function positionOf(text: string, at: number): TextPosition {
  const before = text.slice(0, at).split('\n');
  return { line: before.length, column: (before.at(-1) ?? '').length + 1 };
}
