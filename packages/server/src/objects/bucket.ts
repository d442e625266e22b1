/** A bucket with its configurations. Documents are kept as the API has them. */
import type { ResourcePolicy } from '../core/operation.ts';
import type { Tag } from './object-version.ts';

export interface Bucket {
  readonly id: number;
  readonly name: string;
  readonly rowVersion: number;
  readonly account: string;
  readonly region: string;
  readonly createdMs: number;
  /** Undefined: never asked for. */
  readonly versioning?: 'Enabled' | 'Suspended';
  readonly tags?: readonly Tag[];
  readonly policy?: { readonly text: string; readonly document: ResourcePolicy };
  readonly publicAccess?: PublicAccess;
  readonly ownership?: string;
  readonly encryption?: object;
  readonly cors?: readonly CorsRule[];
  readonly lifecycle?: readonly LifecycleRule[];
  readonly notifications?: object;
}

export interface PublicAccess {
  readonly BlockPublicAcls: boolean;
  readonly IgnorePublicAcls: boolean;
  readonly BlockPublicPolicy: boolean;
  readonly RestrictPublicBuckets: boolean;
}

export interface CorsRule {
  readonly ID?: string;
  readonly AllowedOrigins: readonly string[];
  readonly AllowedMethods: readonly string[];
  readonly AllowedHeaders?: readonly string[];
  readonly ExposeHeaders?: readonly string[];
  readonly MaxAgeSeconds?: number;
}

export interface LifecycleRule {
  readonly ID: string;
  readonly Status: 'Enabled' | 'Disabled';
  readonly Prefix?: string;
  readonly Filter?: LifecycleFilter;
  readonly Expiration?: {
    readonly Days?: number;
    /** As JSON has it: ISO 8601. */
    readonly Date?: string;
    readonly ExpiredObjectDeleteMarker?: boolean;
  };
  readonly NoncurrentVersionExpiration?: {
    readonly NoncurrentDays?: number;
    readonly NewerNoncurrentVersions?: number;
  };
  readonly AbortIncompleteMultipartUpload?: { readonly DaysAfterInitiation?: number };
}

export interface LifecycleFilter {
  readonly Prefix?: string;
  readonly Tag?: Tag;
  readonly ObjectSizeGreaterThan?: number;
  readonly ObjectSizeLessThan?: number;
  readonly And?: {
    readonly Prefix?: string;
    readonly Tags?: readonly Tag[];
    readonly ObjectSizeGreaterThan?: number;
    readonly ObjectSizeLessThan?: number;
  };
}

export function bucketArn(name: string): string {
  return `arn:aws:s3:::${name}`;
}
