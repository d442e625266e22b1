/**
 * The cyclic checksums that zlib does not have, eight bytes a step, and how two checksums of
 * neighbouring parts become that of the whole without reading the bytes again.
 */
import { crc32 as zlibCrc32 } from 'node:zlib';

export interface Crc {
  update(chunk: Uint8Array): void;
  /** Big-endian, as S3 prints it in base64. */
  digest(): Buffer;
}

export function createCrc32(): Crc {
  let value = 0;
  return {
    update: (chunk) => {
      value = zlibCrc32(chunk, value);
    },
    digest: () => bytesOf(BigInt(value >>> 0), 4),
  };
}

/** Castagnoli, reflected. */
const CRC32C = 0x82f63b78;

const tables32c = makeTables32(CRC32C);

function makeTables32(polynomial: number): readonly Int32Array[] {
  const tables = Array.from({ length: 8 }, () => new Int32Array(256));
  for (let byte = 0; byte < 256; byte += 1) {
    let value = byte;
    for (let bit = 0; bit < 8; bit += 1) {
      value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1;
    }
    tableAt(tables, 0)[byte] = value;
  }
  const first = tableAt(tables, 0);
  for (let step = 1; step < 8; step += 1) {
    for (let byte = 0; byte < 256; byte += 1) {
      const before = numberAt(tableAt(tables, step - 1), byte);
      tableAt(tables, step)[byte] = (before >>> 8) ^ numberAt(first, before & 0xff);
    }
  }
  return tables;
}

function tableAt(tables: readonly Int32Array[], index: number): Int32Array {
  return tables[index] as Int32Array;
}

function numberAt(table: Int32Array, index: number): number {
  return table[index] as number;
}

export function createCrc32c(): Crc {
  let value = -1;
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables32c as Tables;
  return {
    update(chunk) {
      const length = chunk.byteLength;
      let crc = value;
      let at = 0;
      for (; at + 8 <= length; at += 8) {
        const low = crc ^ word(chunk, at);
        const high = word(chunk, at + 4);
        crc =
          numberAt(t7, low & 0xff) ^
          numberAt(t6, (low >>> 8) & 0xff) ^
          numberAt(t5, (low >>> 16) & 0xff) ^
          numberAt(t4, low >>> 24) ^
          numberAt(t3, high & 0xff) ^
          numberAt(t2, (high >>> 8) & 0xff) ^
          numberAt(t1, (high >>> 16) & 0xff) ^
          numberAt(t0, high >>> 24);
      }
      for (; at < length; at += 1) {
        crc = (crc >>> 8) ^ numberAt(t0, (crc ^ (chunk[at] as number)) & 0xff);
      }
      value = crc;
    },
    digest: () => bytesOf(BigInt(~value >>> 0), 4),
  };
}

type Tables = [
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
];

function word(chunk: Uint8Array, at: number): number {
  return (
    (chunk[at] as number) |
    ((chunk[at + 1] as number) << 8) |
    ((chunk[at + 2] as number) << 16) |
    ((chunk[at + 3] as number) << 24)
  );
}

/** CRC-64/NVME, reflected. */
const CRC64 = 0x9a6c9329ac4bc9b5n;

/** The low and the high halves of each table entry. */
const [low64, high64] = makeTables64();

function makeTables64(): readonly [low: readonly Int32Array[], high: readonly Int32Array[]] {
  const low = Array.from({ length: 8 }, () => new Int32Array(256));
  const high = Array.from({ length: 8 }, () => new Int32Array(256));
  const values: bigint[][] = [[]];
  for (let byte = 0; byte < 256; byte += 1) {
    let value = BigInt(byte);
    for (let bit = 0; bit < 8; bit += 1) value = value & 1n ? (value >> 1n) ^ CRC64 : value >> 1n;
    values[0]?.push(value);
  }
  for (let step = 1; step < 8; step += 1) {
    values.push(
      (values[step - 1] ?? []).map(
        (before) => (before >> 8n) ^ (values[0]?.[Number(before & 0xffn)] ?? 0n),
      ),
    );
  }
  for (const [step, row] of values.entries()) {
    for (const [byte, value] of row.entries()) {
      tableAt(low, step)[byte] = Number(BigInt.asIntN(32, value));
      tableAt(high, step)[byte] = Number(BigInt.asIntN(32, value >> 32n));
    }
  }
  return [low, high];
}

export function createCrc64(): Crc {
  let low = -1;
  let high = -1;
  const [l0, l1, l2, l3, l4, l5, l6, l7] = low64 as Tables;
  const [h0, h1, h2, h3, h4, h5, h6, h7] = high64 as Tables;
  return {
    update(chunk) {
      const length = chunk.byteLength;
      let at = 0;
      for (; at + 8 <= length; at += 8) {
        const a = low ^ word(chunk, at);
        const b = high ^ word(chunk, at + 4);
        const [a0, a1, a2, a3] = [a & 0xff, (a >>> 8) & 0xff, (a >>> 16) & 0xff, a >>> 24];
        const [b0, b1, b2, b3] = [b & 0xff, (b >>> 8) & 0xff, (b >>> 16) & 0xff, b >>> 24];
        low =
          numberAt(l7, a0) ^
          numberAt(l6, a1) ^
          numberAt(l5, a2) ^
          numberAt(l4, a3) ^
          numberAt(l3, b0) ^
          numberAt(l2, b1) ^
          numberAt(l1, b2) ^
          numberAt(l0, b3);
        high =
          numberAt(h7, a0) ^
          numberAt(h6, a1) ^
          numberAt(h5, a2) ^
          numberAt(h4, a3) ^
          numberAt(h3, b0) ^
          numberAt(h2, b1) ^
          numberAt(h1, b2) ^
          numberAt(h0, b3);
      }
      for (; at < length; at += 1) {
        const index = (low ^ (chunk[at] as number)) & 0xff;
        low = ((low >>> 8) | (high << 24)) ^ numberAt(l0, index);
        high = (high >>> 8) ^ numberAt(h0, index);
      }
    },
    digest: () => bytesOf((BigInt(~high >>> 0) << 32n) | BigInt(~low >>> 0), 8),
  };
}

function bytesOf(value: bigint, length: number): Buffer {
  return Buffer.from(value.toString(16).padStart(length * 2, '0'), 'hex');
}

export type CrcName = 'CRC32' | 'CRC32C' | 'CRC64NVME';

const polynomials: Readonly<Record<CrcName, readonly [polynomial: bigint, bits: number]>> = {
  CRC32: [0xedb88320n, 32],
  CRC32C: [BigInt(CRC32C), 32],
  CRC64NVME: [CRC64, 64],
};

/** The checksum of parts that follow each other, from theirs. */
export function combineCrcs(
  name: CrcName,
  parts: readonly { readonly digest: Buffer; readonly size: number }[],
): Buffer {
  const [polynomial, bits] = polynomials[name];
  const shifts = new Map<number, bigint>();
  let whole = 0n;
  for (const { digest, size } of parts) {
    const shift = shifts.get(size) ?? powerOfX(BigInt(size) * 8n, polynomial, bits);
    shifts.set(size, shift);
    whole = multiply(shift, whole, polynomial, bits) ^ BigInt(`0x${digest.toString('hex')}`);
  }
  return bytesOf(whole, bits / 8);
}

/** x to the power of `exponent` modulo the polynomial, reflected. */
function powerOfX(exponent: bigint, polynomial: bigint, bits: number): bigint {
  let power = 1n << BigInt(bits - 1);
  let square = 1n << BigInt(bits - 2);
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) power = multiply(square, power, polynomial, bits);
    square = multiply(square, square, polynomial, bits);
  }
  return power;
}

function multiply(left: bigint, right: bigint, polynomial: bigint, bits: number): bigint {
  let product = 0n;
  let factor = right;
  for (let mask = 1n << BigInt(bits - 1); mask > 0n; mask >>= 1n) {
    if (left & mask) product ^= factor;
    factor = factor & 1n ? (factor >> 1n) ^ polynomial : factor >> 1n;
  }
  return product;
}
