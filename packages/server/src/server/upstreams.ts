/** The servers that serve an API in Hearth's place, as far as the options name them. */
import type { Config } from '../config/options.ts';
import { createUpstream, type Upstream, type UpstreamOptions } from '../services/upstream.ts';

export type Upstreams = Readonly<Record<UpstreamOptions['service'], Upstream | undefined>>;

export function createUpstreams(config: Config): Upstreams {
  const of = (service: UpstreamOptions['service'], url: string): Upstream | undefined =>
    url === ''
      ? undefined
      : createUpstream({
          service,
          url,
          accessKeyId: config.upstreamAccessKeyId,
          secretAccessKey: config.upstreamSecretAccessKey,
          region: config.upstreamRegion === '' ? undefined : config.upstreamRegion,
        });
  return {
    s3: of('s3', config.upstreamS3),
    sqs: of('sqs', config.upstreamSqs),
    sns: of('sns', config.upstreamSns),
    events: of('events', config.upstreamEvents),
  };
}
