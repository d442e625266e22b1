import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LINE_BYTES, OutputLines } from './output-lines.ts';

function linesOf(chunks: readonly Uint8Array[]): string[] {
  const lines: string[] = [];
  const output = new OutputLines((line) => lines.push(line));
  for (const chunk of chunks) output.write(chunk);
  output.flush();
  return lines;
}

test('wherever the bytes are cut, the lines are the same', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.array(fc.nat(20)), (text, cuts) => {
      const bytes = Buffer.from(text, 'utf8');
      const chunks: Uint8Array[] = [];
      let at = 0;
      for (const cut of cuts) chunks.push(bytes.subarray(at, (at += cut)));
      chunks.push(bytes.subarray(at));
      expect(linesOf(chunks)).toEqual(linesOf([bytes]));
      expect(linesOf([bytes]).join('')).toBe(bytes.toString('utf8'));
    }),
  );
});

test('a line ends with its line end, and an unfinished one when it is flushed', () => {
  expect(linesOf([Buffer.from('a\n\nb\r\nc')])).toEqual(['a\n', '\n', 'b\r\n', 'c']);
});

test('bytes that are not UTF-8 become replacement characters', () => {
  expect(linesOf([Uint8Array.from([0x61, 0xff, 0xfe, 0x0a])])).toEqual(['a\ufffd\ufffd\n']);
});

test('a line of 100 MB is cut once, with a marker, and the next line is whole', () => {
  const chunk = Buffer.alloc(1_048_576, 'x');
  const chunks = [...Array.from({ length: 100 }, () => chunk), Buffer.from('\nnext\n')];
  const lines = linesOf(chunks);
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(/^x+ \[line cut: longer than 256 KB\]\n$/);
  expect(lines[0]!.length).toBeLessThan(LINE_BYTES + 64);
  expect(lines[1]).toBe('next\n');
});
