/**
 * The one rule of sampling, AWS's own: the first request of a second, and of the others one in
 * twenty. Rules of users are refused with their operations.
 */
import type {
  GetSamplingRulesRequest,
  GetSamplingRulesResult,
  GetSamplingTargetsRequest,
  GetSamplingTargetsResult,
  SamplingStatisticsDocument,
  SamplingTargetDocument,
} from '@aws-sdk/client-xray';
import type { Operation } from '../../core/operation.ts';
import { SAMPLING_RATE } from '../../core/trace.ts';
import type { Validated } from '../validated.ts';
import type { XrayRoom } from './xray-deps.ts';

const RULE = 'Default';
const RESERVOIR_PER_SECOND = 1;
/** AWS: clients ask again after so long, and are told nothing for longer. */
const INTERVAL_SECONDS = 10;
/** When AWS says that the rule was made. */
const NEVER = new Date(0);

export function getSamplingRules(): Operation<GetSamplingRulesRequest, GetSamplingRulesResult> {
  return {
    name: 'GetSamplingRules',
    permissions: () => [{ action: 'xray:GetSamplingRules', resources: ['*'] }],
    handle: async (_, { account, region }) => ({
      SamplingRuleRecords: [
        {
          SamplingRule: {
            RuleName: RULE,
            RuleARN: `arn:aws:xray:${region}:${account}:sampling-rule/${RULE}`,
            ResourceARN: '*',
            Priority: 10_000,
            FixedRate: SAMPLING_RATE,
            ReservoirSize: RESERVOIR_PER_SECOND,
            ServiceName: '*',
            ServiceType: '*',
            Host: '*',
            HTTPMethod: '*',
            URLPath: '*',
            Version: 1,
            Attributes: {},
          },
          CreatedAt: NEVER,
          ModifiedAt: NEVER,
        },
      ],
    }),
  };
}

/** Who may take the one request of each second, until when. */
interface Lease {
  readonly client: string;
  readonly untilMs: number;
}

export function getSamplingTargets(
  room: Pick<XrayRoom, 'clock'>,
): Operation<Validated<GetSamplingTargetsRequest>, GetSamplingTargetsResult> {
  const leases = new Map<string, Lease>();
  return {
    name: 'GetSamplingTargets',
    permissions: () => [{ action: 'xray:GetSamplingTargets', resources: ['*'] }],
    handle: async ({ SamplingStatisticsDocuments: documents }, { account }) => {
      const nowMs = room.clock.nowMs();
      const known = documents.filter((each) => each.RuleName === RULE);
      return {
        SamplingTargetDocuments: known.map((each) => targetOf(leases, account, each, nowMs)),
        LastRuleModification: NEVER,
        UnprocessedStatistics: documents
          .filter((each) => each.RuleName !== RULE)
          .map(({ RuleName: name }) => ({
            RuleName: name,
            ErrorCode: '400',
            Message: `There is no sampling rule ${name}.`,
          })),
      };
    },
  };
}

/** One client at a time has all of the reservoir: it cannot be divided. */
function targetOf(
  leases: Map<string, Lease>,
  account: string,
  { ClientID: client = '' }: SamplingStatisticsDocument,
  nowMs: number,
): SamplingTargetDocument {
  const lease = leases.get(account);
  const isFree = lease === undefined || lease.client === client || lease.untilMs <= nowMs;
  const untilMs = nowMs + INTERVAL_SECONDS * 1000;
  if (isFree) leases.set(account, { client, untilMs });
  return {
    RuleName: RULE,
    FixedRate: SAMPLING_RATE,
    ReservoirQuota: isFree ? RESERVOIR_PER_SECOND : 0,
    ReservoirQuotaTTL: new Date(untilMs),
    Interval: INTERVAL_SECONDS,
  };
}
