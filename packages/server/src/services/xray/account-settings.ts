/** What SDKs and consoles ask of an account that has changed nothing, and the daemon's own report. */
import type {
  GetEncryptionConfigResult,
  GetGroupsRequest,
  GetGroupsResult,
  PutTelemetryRecordsRequest,
} from '@aws-sdk/client-xray';
import type { Operation } from '../../core/operation.ts';

export function getGroups(): Operation<GetGroupsRequest, GetGroupsResult> {
  return {
    name: 'GetGroups',
    permissions: () => [{ action: 'xray:GetGroups', resources: ['*'] }],
    handle: async (_, { account, region }) => ({
      Groups: [
        {
          GroupName: 'Default',
          GroupARN: `arn:aws:xray:${region}:${account}:group/Default`,
          InsightsConfiguration: { InsightsEnabled: false, NotificationsEnabled: false },
        },
      ],
    }),
  };
}

export function getEncryptionConfig(): Operation<object, GetEncryptionConfigResult> {
  return {
    name: 'GetEncryptionConfig',
    permissions: () => [{ action: 'xray:GetEncryptionConfig', resources: ['*'] }],
    handle: async () => ({ EncryptionConfig: { Status: 'ACTIVE', Type: 'NONE' } }),
  };
}

/** AWS takes the daemon's counts for itself: no operation ever tells them. */
export function putTelemetryRecords(): Operation<PutTelemetryRecordsRequest> {
  return {
    name: 'PutTelemetryRecords',
    permissions: () => [{ action: 'xray:PutTelemetryRecords', resources: ['*'] }],
    handle: async () => ({}),
  };
}
