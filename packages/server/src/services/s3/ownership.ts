import { notImplemented } from './s3-errors.ts';
import { malformedXml } from '../../wire/xml-reader.ts';

/** With the other two, ACLs would decide: they do not act here. */
export function checkOwnership(ownership: string | undefined): void {
  if (ownership === 'BucketOwnerEnforced') return;
  if (ownership === 'BucketOwnerPreferred' || ownership === 'ObjectWriter') {
    throw notImplemented(`object ownership ${ownership} (ACLs)`);
  }
  throw malformedXml();
}
