import type { User as ApiUser } from '@aws-sdk/client-iam';
import { userArn, type User } from '../../iam/user.ts';
import { describeBoundary } from './permissions-boundaries.ts';
import { describeTags } from './tags.ts';

/** A user as lists show it. */
export function describeUser(user: User): ApiUser {
  return {
    Path: user.path,
    UserName: user.name,
    UserId: user.id,
    Arn: userArn(user),
    CreateDate: new Date(user.createdAtMs),
  };
}

/** AWS: lists leave the tags and the boundary out. */
export function describeUserWithTags(user: User): ApiUser {
  const tags = user.tags.length === 0 ? {} : { Tags: describeTags(user.tags) };
  return { ...describeUser(user), ...describeBoundary(user), ...tags };
}
