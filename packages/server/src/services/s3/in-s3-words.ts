/** Awaits what the object store does and says in S3's words why it did not. */
import { BucketGone } from '../../objects/object-repository.ts';
import { StaleWrite } from '../../store/store.ts';
import { conflicting, noSuchBucket } from './s3-errors.ts';

export async function inS3Words<Value>(bucket: string, work: Promise<Value>): Promise<Value> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof BucketGone) throw noSuchBucket(bucket);
    if (error instanceof StaleWrite) throw conflicting();
    throw error;
  }
}
