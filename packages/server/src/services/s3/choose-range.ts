/** Which bytes of an object a request means: all, a range, or one part of a multipart upload. */
import { AwsError } from '../../core/aws-error.ts';
import type { ObjectVersion } from '../../objects/object-version.ts';
import type { ByteRange } from './read-object.ts';
import { invalidArgument, invalidRequest } from './s3-errors.ts';

export interface ChosenRange extends ByteRange {
  readonly isPartial: boolean;
  readonly partsCount?: number;
}

export function chooseRange(
  { size, details }: ObjectVersion,
  input: { readonly Range?: string | undefined; readonly PartNumber?: number | undefined },
): ChosenRange {
  const { Range, PartNumber } = input;
  if (Range !== undefined && PartNumber !== undefined) {
    throw invalidRequest('Cannot specify both Range header and partNumber query parameter');
  }
  if (PartNumber !== undefined) return partRange(details.isMultipart, details.segments, PartNumber);
  const whole = { start: 0, end: size, isPartial: false };
  return Range === undefined ? whole : (byteRange(Range, size) ?? whole);
}

function partRange(
  isMultipart: boolean,
  segments: readonly { readonly size: number }[],
  number: number,
): ChosenRange {
  if (!Number.isInteger(number) || number < 1 || number > 10_000) {
    throw invalidArgument(
      'Part number must be an integer between 1 and 10000, inclusive',
      'partNumber',
      String(number),
    );
  }
  const segment = segments[number - 1];
  if (segment === undefined) {
    throw new AwsError('InvalidPartNumber', 416, 'The requested partnumber is not satisfiable', {
      members: { PartNumberRequested: String(number), ActualPartCount: String(segments.length) },
    });
  }
  const start = segments.slice(0, number - 1).reduce((sum, each) => sum + each.size, 0);
  return {
    start,
    end: start + segment.size,
    isPartial: segment.size > 0,
    ...(isMultipart ? { partsCount: segments.length } : {}),
  };
}

/** Undefined for what AWS ignores: other units, several ranges, nonsense. */
function byteRange(text: string, size: number): ChosenRange | undefined {
  const found = /^bytes=(\d*)-(\d*)$/.exec(text.trim());
  if (found === null) return undefined;
  const [, first = '', last = ''] = found;
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const start = Math.max(0, size - Number(last));
    if (Number(last) === 0 || size === 0) throw notSatisfiable(text, size);
    return { start, end: size, isPartial: true };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return undefined;
  if (start >= size) throw notSatisfiable(text, size);
  return { start, end: last === '' ? size : Math.min(Number(last) + 1, size), isPartial: true };
}

function notSatisfiable(range: string, size: number): AwsError {
  return new AwsError('InvalidRange', 416, 'The requested range is not satisfiable', {
    members: { RangeRequested: range, ActualObjectSize: String(size) },
    headers: { 'content-range': `bytes */${size}` },
  });
}
