/** A layer version as the API shows it. */
import type {
  GetLayerVersionResponse,
  LayerVersionsListItem,
  Runtime,
} from '@aws-sdk/client-lambda';
import {
  layerArn,
  layerVersionArn,
  type LayerVersionRecord,
} from '../../functions/layer-record.ts';
import type { CodeLinks } from './code-links.ts';

export function showLayerVersion(
  record: LayerVersionRecord,
  links: CodeLinks,
  endpoint: string,
): GetLayerVersionResponse {
  const { code } = record;
  return {
    Content: {
      Location: links.link(endpoint, code),
      CodeSha256: code.sha256,
      CodeSize: code.sizeBytes,
    },
    LayerArn: layerArn(record),
    ...showListedLayer(record),
  };
}

export function showListedLayer(record: LayerVersionRecord): LayerVersionsListItem {
  const { runtimes, architectures, licenseInfo } = record;
  return {
    LayerVersionArn: layerVersionArn(record),
    Version: record.version,
    Description: record.description,
    // AWS: an offset without a colon, which Date does not write.
    CreatedDate: new Date(record.createdMs).toISOString().replace('Z', '+0000'),
    ...(runtimes === undefined ? {} : { CompatibleRuntimes: runtimes as Runtime[] }),
    ...(architectures === undefined ? {} : { CompatibleArchitectures: [...architectures] }),
    ...(licenseInfo === undefined ? {} : { LicenseInfo: licenseInfo }),
  };
}
