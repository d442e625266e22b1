/** Layers come in by ECR's own operations, as few clients send them; most push to the registry. */
import type {
  BatchCheckLayerAvailabilityRequest,
  BatchCheckLayerAvailabilityResponse,
  CompleteLayerUploadRequest,
  CompleteLayerUploadResponse,
  GetDownloadUrlForLayerRequest,
  GetDownloadUrlForLayerResponse,
  InitiateLayerUploadRequest,
  InitiateLayerUploadResponse,
  LayerFailure,
  Layer,
  UploadLayerPartRequest,
  UploadLayerPartResponse,
} from '@aws-sdk/client-ecr';
import { AwsError } from '../../core/aws-error.ts';
import type { AnyOperation } from '../../core/operation.ts';
import { DIGEST } from '../../core/image/read-json.ts';
import {
  DigestMismatch,
  TooManyUploads,
  UploadOutOfOrder,
  UploadUnknown,
} from '../../registry/uploads.ts';
import type { Repository } from '../../registry/repository.ts';
import type { EcrRoom } from './ecr-deps.ts';
import { invalidParameter, limitExceeded } from './ecr-errors.ts';
import { repositoryOperation } from './repository-operation.ts';

/** AWS: what a client sends in one part. */
const PART_BYTES = 10_485_760;
const LAYER_TYPE = 'application/vnd.docker.image.rootfs.diff.tar.gzip';

export function layerOperations(room: EcrRoom): readonly AnyOperation[] {
  return [
    checkAvailability(room),
    getDownloadUrl(room),
    repositoryOperation<InitiateLayerUploadRequest, InitiateLayerUploadResponse>(
      room,
      'InitiateLayerUpload',
      async (repository) => ({
        uploadId: await inEcrWords(repository, '', () => room.uploads.begin(repository)),
        partSize: PART_BYTES,
      }),
    ),
    uploadPart(room),
    completeUpload(room),
  ];
}

function checkAvailability(room: EcrRoom): AnyOperation {
  return repositoryOperation<
    BatchCheckLayerAvailabilityRequest,
    BatchCheckLayerAvailabilityResponse
  >(room, 'BatchCheckLayerAvailability', async (repository, { layerDigests = [] }) => {
    const layers: Layer[] = [];
    const failures: LayerFailure[] = [];
    for (const layerDigest of layerDigests) {
      if (!DIGEST.test(layerDigest)) {
        const failureReason = 'Invalid layer digest';
        failures.push({ layerDigest, failureCode: 'InvalidLayerDigest', failureReason });
        continue;
      }
      const layer = room.registry.layer(repository, layerDigest);
      layers.push(
        layer === undefined
          ? { layerDigest, layerAvailability: 'UNAVAILABLE', mediaType: LAYER_TYPE }
          : {
              layerDigest,
              layerAvailability: 'AVAILABLE',
              layerSize: layer.sizeBytes,
              mediaType: LAYER_TYPE,
            },
      );
    }
    return { layers, failures };
  });
}

function getDownloadUrl(room: EcrRoom): AnyOperation {
  return repositoryOperation<GetDownloadUrlForLayerRequest, GetDownloadUrlForLayerResponse>(
    room,
    'GetDownloadUrlForLayer',
    async (repository, { layerDigest = '' }, { endpoint }) => {
      if (room.registry.layer(repository, layerDigest) === undefined) {
        throw new AwsError(
          'LayersNotFoundException',
          400,
          `The layer with digest '${layerDigest}' does not exist in the repository with name '${repository.name}' in the registry with id '${repository.account}'`,
        );
      }
      return { downloadUrl: room.links.link(endpoint, repository, layerDigest), layerDigest };
    },
  );
}

function uploadPart(room: EcrRoom): AnyOperation {
  return repositoryOperation<UploadLayerPartRequest, UploadLayerPartResponse>(
    room,
    'UploadLayerPart',
    async (repository, { uploadId = '', partFirstByte = 0, partLastByte = 0, layerPartBlob }) => {
      const bytes = layerPartBlob ?? new Uint8Array(0);
      if (partLastByte - partFirstByte + 1 !== bytes.byteLength) {
        throw invalidParameter('The part does not have as many bytes as it says.');
      }
      const chunks = (async function* (): AsyncGenerator<Uint8Array> {
        yield bytes;
      })();
      const size = await inEcrWords(repository, uploadId, () =>
        room.uploads.append(repository, uploadId, chunks, partFirstByte),
      );
      const { account: registryId, name: repositoryName } = repository;
      return { registryId, repositoryName, uploadId, lastByteReceived: size - 1 };
    },
  );
}

function completeUpload(room: EcrRoom): AnyOperation {
  return repositoryOperation<CompleteLayerUploadRequest, CompleteLayerUploadResponse>(
    room,
    'CompleteLayerUpload',
    async (repository, { uploadId = '', layerDigests = [] }) => {
      const [layerDigest = ''] = layerDigests;
      if (layerDigests.length !== 1 || !DIGEST.test(layerDigest)) {
        throw invalidParameter("Invalid parameter at 'layerDigests'.");
      }
      await inEcrWords(repository, uploadId, () =>
        room.uploads.complete(repository, uploadId, layerDigest),
      );
      const { account: registryId, name: repositoryName } = repository;
      return { registryId, repositoryName, uploadId, layerDigest };
    },
  );
}

async function inEcrWords<T>(
  { name, account }: Repository,
  uploadId: string,
  act: () => Promise<T>,
): Promise<T> {
  const where = `in the repository with name '${name}' in the registry with id '${account}'`;
  try {
    return await act();
  } catch (error) {
    if (error instanceof UploadUnknown) {
      throw new AwsError(
        'UploadNotFoundException',
        400,
        `The upload with id '${uploadId}' could not be found ${where}`,
        { cause: error },
      );
    }
    if (error instanceof TooManyUploads) throw limitExceeded(error);
    if (error instanceof UploadOutOfOrder) {
      throw new AwsError('InvalidLayerPartException', 400, error.message, { cause: error });
    }
    if (!(error instanceof DigestMismatch)) throw error;
    throw new AwsError(
      'InvalidLayerException',
      400,
      `The layer upload with id '${uploadId}' has other bytes than its digest says ${where}`,
      { cause: error },
    );
  }
}
