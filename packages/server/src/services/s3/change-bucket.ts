/** A change of a bucket's configuration, made again where somebody else was faster. */
import type { Bucket } from '../../objects/bucket.ts';
import { bucketOf, type NamesBucket } from './access.ts';
import type { S3Deps } from './s3-deps.ts';
import { conflicting } from './s3-errors.ts';

const ATTEMPTS = 5;

export async function changeBucket(
  deps: S3Deps,
  input: NamesBucket,
  change: (bucket: Bucket) => Bucket,
): Promise<Bucket> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const changed = await deps.objects.buckets.update(bucketOf(deps, input), change);
    if (changed !== undefined) return changed;
  }
  throw conflicting();
}

/** The bucket without one of its configurations. */
export function without(bucket: Bucket, name: keyof Bucket): Bucket {
  const { [name]: _removed, ...rest } = bucket;
  return rest as Bucket;
}
