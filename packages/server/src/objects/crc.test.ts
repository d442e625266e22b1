import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checksumAlgorithms, checksumOfParts, isCrc, startDigest } from './checksums.ts';
import { combineCrcs, createCrc32, createCrc32c, createCrc64 } from './crc.ts';

const makers = { CRC32: createCrc32, CRC32C: createCrc32c, CRC64NVME: createCrc64 } as const;

describe('cyclic checksums', () => {
  test.each([
    ['CRC32', 'cbf43926'],
    ['CRC32C', 'e3069283'],
    ['CRC64NVME', 'ae8b14860a799888'],
  ] as const)('%s has the check value of its catalogue entry', (name, expected) => {
    const crc = makers[name]();
    crc.update(Buffer.from('123456789'));
    expect(crc.digest().toString('hex')).toBe(expected);
  });

  test('do not depend on how the bytes are cut', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), (bytes, cut) => {
        for (const make of Object.values(makers)) {
          const whole = make();
          whole.update(bytes);
          const pieces = make();
          pieces.update(bytes.subarray(0, cut));
          pieces.update(bytes.subarray(cut));
          expect(pieces.digest()).toEqual(whole.digest());
        }
      }),
      { numRuns: 50 },
    );
  });

  test('of parts combine to that of the whole', () => {
    const parts = [1, 0, 77, 4_096, 13].map((size) => randomBytes(size));
    for (const [name, make] of Object.entries(makers)) {
      const whole = make();
      whole.update(Buffer.concat(parts));
      const digests = parts.map((part) => {
        const crc = make();
        crc.update(part);
        return { digest: crc.digest(), size: part.byteLength };
      });
      expect(combineCrcs(name as keyof typeof makers, digests)).toEqual(whole.digest());
    }
  });
});

test('a composite checksum is that of the checksums, with the number of parts', () => {
  for (const algorithm of checksumAlgorithms) {
    const parts = ['ab', 'cde'].map((text) => {
      const running = startDigest(algorithm);
      running.update(Buffer.from(text));
      return { value: running.digest().toString('base64'), size: text.length };
    });
    const running = startDigest(algorithm);
    for (const { value } of parts) running.update(Buffer.from(value, 'base64'));
    expect(checksumOfParts(algorithm, 'COMPOSITE', parts).value).toBe(
      `${running.digest().toString('base64')}-2`,
    );
    if (!isCrc(algorithm)) continue;
    const whole = startDigest(algorithm);
    whole.update(Buffer.from('abcde'));
    expect(checksumOfParts(algorithm, 'FULL_OBJECT', parts).value).toBe(
      whole.digest().toString('base64'),
    );
  }
});
