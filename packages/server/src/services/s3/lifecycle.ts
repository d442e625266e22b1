import type { PutBucketLifecycleConfigurationRequest } from '@aws-sdk/client-s3';
import type { AnyOperation } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import type { NamesBucket } from './access.ts';
import { changeOperation, readOperation } from './bucket-configurations.ts';
import { without } from './change-bucket.ts';
import { readRules, showRules } from './lifecycle-rules.ts';
import type { S3Deps } from './s3-deps.ts';
import { notImplemented } from './s3-errors.ts';

/** AWS's default. Terraform waits until it is answered, also where no rule has a transition. */
const transitionSize = { TransitionDefaultMinimumObjectSize: 'all_storage_classes_128K' } as const;

export function lifecycle(deps: S3Deps): readonly AnyOperation[] {
  return [
    readOperation(
      deps,
      'GetBucketLifecycleConfiguration',
      'GetLifecycleConfiguration',
      ({ lifecycle: rules }) =>
        rules === undefined ? undefined : { Rules: showRules(rules), ...transitionSize },
      ['NoSuchLifecycleConfiguration', 'The lifecycle configuration does not exist'],
    ),
    changeOperation<Validated<PutBucketLifecycleConfigurationRequest>>(
      deps,
      'PutBucketLifecycleConfiguration',
      'PutLifecycleConfiguration',
      (bucket, { LifecycleConfiguration, TransitionDefaultMinimumObjectSize: size }) => {
        if (size !== undefined && size !== transitionSize.TransitionDefaultMinimumObjectSize) {
          throw notImplemented('lifecycle transitions');
        }
        return { ...bucket, lifecycle: readRules(LifecycleConfiguration?.Rules ?? []) };
      },
      transitionSize,
    ),
    changeOperation<NamesBucket>(
      deps,
      'DeleteBucketLifecycle',
      'PutLifecycleConfiguration',
      (bucket) => without(bucket, 'lifecycle'),
    ),
  ];
}
