/** CloudWatch Logs as Hearth serves it: groups, streams, events, retention, tags. */
import { serviceOf, type Service } from '../../core/operation.ts';
import { createLogGroup } from './create-log-group.ts';
import { createLogStream } from './create-log-stream.ts';
import { deleteLogGroup } from './delete-log-group.ts';
import { deleteLogStream } from './delete-log-stream.ts';
import { deleteRetentionPolicy } from './delete-retention-policy.ts';
import { describeLogGroups } from './describe-log-groups.ts';
import { describeLogStreams } from './describe-log-streams.ts';
import { filterLogEvents } from './filter-log-events.ts';
import { getLogEvents } from './get-log-events.ts';
import { listTagsForResource } from './list-tags-for-resource.ts';
import { listTagsLogGroup } from './list-tags-log-group.ts';
import type { LogsDeps } from './logs-deps.ts';
import { putLogEvents } from './put-log-events.ts';
import { putRetentionPolicy } from './put-retention-policy.ts';
import { tagLogGroup } from './tag-log-group.ts';
import { tagResource } from './tag-resource.ts';
import { untagLogGroup } from './untag-log-group.ts';
import { untagResource } from './untag-resource.ts';

export function createLogsService(deps: LogsDeps): Service {
  return serviceOf('logs', [
    createLogGroup(deps),
    deleteLogGroup(deps),
    describeLogGroups(deps),
    createLogStream(deps),
    deleteLogStream(deps),
    describeLogStreams(deps),
    putLogEvents(deps),
    getLogEvents(deps),
    filterLogEvents(deps),
    putRetentionPolicy(deps),
    deleteRetentionPolicy(deps),
    tagLogGroup(deps),
    untagLogGroup(deps),
    listTagsLogGroup(deps),
    tagResource(deps),
    untagResource(deps),
    listTagsForResource(deps),
  ]);
}
