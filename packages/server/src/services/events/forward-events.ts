/** PutEvents, to the buses of another server. */
import type { PutEventsRequest, PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import type { Operation, OperationContext, Permission } from '../../core/operation.ts';
import type { Upstream } from '../upstream.ts';

export function forwardEvents(upstream: Upstream): Operation<PutEventsRequest> {
  return {
    name: 'PutEvents',
    permissions: ({ Entries: entries = [] }, context) =>
      entries.map((entry) => permissionOf(entry, context)),
    handle: (input, context) => upstream.send('PutEvents', input, context),
  };
}

/** A bus there belongs to whoever asks here: identity policies decide, the bus's own is the upstream's. */
function permissionOf(entry: PutEventsRequestEntry, context: OperationContext): Permission {
  const { Source: source, DetailType: detailType } = entry;
  return {
    action: 'events:PutEvents',
    resources: [busArn(entry.EventBusName ?? 'default', context)],
    resourceAccount: context.account,
    conditions: {
      ...(source === undefined ? {} : { 'events:source': source }),
      ...(detailType === undefined ? {} : { 'events:detail-type': detailType }),
    },
  };
}

function busArn(nameOrArn: string, { account, region }: OperationContext): string {
  if (nameOrArn.startsWith('arn:')) return nameOrArn;
  return `arn:aws:events:${region}:${account}:event-bus/${nameOrArn}`;
}
