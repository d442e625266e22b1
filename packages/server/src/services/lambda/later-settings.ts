/**
 * Tracing, the dead-letter queue and the network of a function. Networks are checked, kept and shown,
 * and `hearth doctor` says that they have no effect yet; tracing acts, and dead letters are sent.
 */
import type {
  DeadLetterConfig,
  TracingConfig,
  UpdateFunctionConfigurationRequest,
  VpcConfig,
  VpcConfigResponse,
} from '@aws-sdk/client-lambda';
import type { FunctionSettings, VpcSettings } from '../../functions/function-record.ts';
import { invalidParameter } from './lambda-errors.ts';

export type AskedLater = Pick<
  UpdateFunctionConfigurationRequest,
  'TracingConfig' | 'DeadLetterConfig' | 'VpcConfig'
>;
type LaterSettings = Pick<FunctionSettings, 'tracing' | 'deadLetterArn' | 'vpc'>;

/** Members that are not given keep what `base` has; empty ones take it away, as on AWS. */
export function configureLater<Base extends LaterSettings>(base: Base, asked: AskedLater): Base {
  const { tracing, deadLetterArn, vpc, ...rest } = base;
  const { TracingConfig: mode, DeadLetterConfig: target, VpcConfig: network } = asked;
  const next: LaterSettings = {
    ...present('tracing', mode?.Mode === undefined ? tracing : tracingOf(mode)),
    ...present('deadLetterArn', target === undefined ? deadLetterArn : deadLetterOf(target)),
    ...present('vpc', network === undefined ? vpc : vpcOf(network, vpc)),
  };
  return { ...rest, ...next } as Base;
}

export function showLater({ tracing, deadLetterArn, vpc }: LaterSettings): {
  readonly TracingConfig: { readonly Mode: 'Active' | 'PassThrough' };
  readonly DeadLetterConfig?: DeadLetterConfig;
  readonly VpcConfig?: VpcConfigResponse;
} {
  return {
    TracingConfig: { Mode: tracing ?? 'PassThrough' },
    ...(deadLetterArn === undefined ? {} : { DeadLetterConfig: { TargetArn: deadLetterArn } }),
    ...(vpc === undefined ? {} : { VpcConfig: showVpc(vpc) }),
  };
}

function tracingOf({ Mode: mode }: TracingConfig): 'Active' | undefined {
  return mode === 'Active' ? mode : undefined;
}

function deadLetterOf({ TargetArn: arn = '' }: DeadLetterConfig): string | undefined {
  if (arn === '') return undefined;
  const [, , service = ''] = arn.split(':');
  // AWS refuses other services; its wording is not known.
  if (service !== 'sqs' && service !== 'sns') {
    throw invalidParameter(`The dead-letter target ${arn} is neither a queue nor a topic.`);
  }
  return arn;
}

/** Neither list means those that there are: so a request can speak of IPv6 alone. */
function vpcOf(asked: VpcConfig, base: VpcSettings | undefined): VpcSettings | undefined {
  const isListless = asked.SubnetIds === undefined && asked.SecurityGroupIds === undefined;
  if (isListless && base !== undefined) {
    return { ...base, isIpv6Allowed: asked.Ipv6AllowedForDualStack ?? base.isIpv6Allowed };
  }
  const { SubnetIds: subnetIds = [], SecurityGroupIds: securityGroupIds = [] } = asked;
  if ((subnetIds.length === 0) !== (securityGroupIds.length === 0)) {
    throw invalidParameter('SubnetIds and SecurityIds must coexist or be both empty list.');
  }
  if (subnetIds.length === 0) return undefined;
  return { subnetIds, securityGroupIds, isIpv6Allowed: asked.Ipv6AllowedForDualStack === true };
}

function showVpc({ subnetIds, securityGroupIds, isIpv6Allowed }: VpcSettings): VpcConfigResponse {
  return {
    SubnetIds: [...subnetIds],
    SecurityGroupIds: [...securityGroupIds],
    // There is nobody who knows which network a subnet is part of.
    VpcId: '',
    Ipv6AllowedForDualStack: isIpv6Allowed,
  };
}

function present<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): Partial<Record<Name, Value>> {
  return value === undefined ? {} : ({ [name]: value } as Record<Name, Value>);
}
