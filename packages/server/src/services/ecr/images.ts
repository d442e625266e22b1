/** Images are shown, put under tags and removed. */
import type {
  BatchDeleteImageRequest,
  BatchDeleteImageResponse,
  BatchGetImageRequest,
  BatchGetImageResponse,
  DescribeImagesRequest,
  DescribeImagesResponse,
  Image,
  ImageDetail,
  ImageFailure,
  ListImagesRequest,
  ListImagesResponse,
  PutImageRequest,
  PutImageResponse,
} from '@aws-sdk/client-ecr';
import type { AnyOperation } from '../../core/operation.ts';
import { parseManifest } from '../../core/image/image-manifest.ts';
import { bytesOfManifest } from '../../registry/image-registry.ts';
import { IMAGE_TAG, type Repository, type StoredImage } from '../../registry/repository.ts';
import { imageAt, tagsOfImage } from '../../registry/find-image.ts';
import type { EcrRoom } from './ecr-deps.ts';
import { imageNotFound, invalidParameter, type ImageAsked } from './ecr-errors.ts';
import { pageOf } from './page.ts';
import { putManifest } from './put-manifest.ts';
import { repositoryOperation } from './repository-operation.ts';

export function imageOperations(room: EcrRoom): readonly AnyOperation[] {
  return [
    batchGetImage(room),
    listImages(room),
    describeImages(room),
    putImage(room),
    batchDelete(room),
  ];
}

function batchGetImage(room: EcrRoom): AnyOperation {
  return repositoryOperation<BatchGetImageRequest, BatchGetImageResponse>(
    room,
    'BatchGetImage',
    async (repository, { imageIds = [] }) => {
      const images: Image[] = [];
      const failures: ImageFailure[] = [];
      for (const asked of imageIds) {
        const found = imageAt(room.registry, repository, asked);
        if (found === undefined) failures.push(failureOf(asked));
        else images.push(showImage(repository, found, asked.imageTag));
      }
      return { images, failures };
    },
  );
}

function listImages(room: EcrRoom): AnyOperation {
  return repositoryOperation<ListImagesRequest, ListImagesResponse>(
    room,
    'ListImages',
    async (repository, input) => {
      const status = input.filter?.tagStatus;
      const ids = room.registry.images(repository).flatMap((image) => {
        const tags = tagsOfImage(repository, image);
        const { digest: imageDigest } = image;
        if (tags.length === 0) return status === 'TAGGED' ? [] : [{ imageDigest }];
        return status === 'UNTAGGED' ? [] : tags.map((imageTag) => ({ imageDigest, imageTag }));
      });
      const { items, nextToken } = pageOf(ids, input, (each) => JSON.stringify(each));
      return { imageIds: [...items], ...nextToken };
    },
  );
}

function describeImages(room: EcrRoom): AnyOperation {
  return repositoryOperation<DescribeImagesRequest, DescribeImagesResponse>(
    room,
    'DescribeImages',
    async (repository, input) => {
      if (input.imageIds !== undefined) {
        const imageDetails = input.imageIds.map((asked) => {
          const found = imageAt(room.registry, repository, asked);
          if (found === undefined) throw imageNotFound(repository, asked);
          return describe(repository, found);
        });
        return { imageDetails };
      }
      const status = input.filter?.tagStatus;
      const all = room.registry.images(repository).filter((image) => {
        const isTagged = tagsOfImage(repository, image).length > 0;
        return status === undefined || status === 'ANY' || (status === 'TAGGED') === isTagged;
      });
      const { items, nextToken } = pageOf(all, input, ({ digest }) => digest);
      return { imageDetails: items.map((each) => describe(repository, each)), ...nextToken };
    },
  );
}

function putImage(room: EcrRoom): AnyOperation {
  return repositoryOperation<PutImageRequest, PutImageResponse>(
    room,
    'PutImage',
    async (repository, { imageManifest = '', imageManifestMediaType, imageTag, imageDigest }) => {
      if (imageTag !== undefined && !IMAGE_TAG.test(imageTag)) {
        throw invalidParameter("Invalid parameter at 'imageTag'.");
      }
      const image = await putManifest(room, repository, {
        bytes: Buffer.from(imageManifest),
        mediaType: imageManifestMediaType,
        tag: imageTag,
        digest: imageDigest,
        isRepeatable: false,
      });
      return { image: showImage(repository, image, imageTag) };
    },
  );
}

function batchDelete(room: EcrRoom): AnyOperation {
  return repositoryOperation<BatchDeleteImageRequest, BatchDeleteImageResponse>(
    room,
    'BatchDeleteImage',
    async (repository, { imageIds = [] }) => {
      const deleted: ImageAsked[] = [];
      const failures: ImageFailure[] = [];
      for (const asked of imageIds) {
        const now = room.registry.repository(repository) ?? repository;
        const found = imageAt(room.registry, now, asked);
        if (found === undefined) {
          failures.push(failureOf(asked));
          continue;
        }
        const tags = tagsOfImage(now, found);
        // AWS: without its last tag the image goes too.
        if (asked.imageDigest === undefined && asked.imageTag !== undefined && tags.length > 1) {
          await room.registry.untag(now, asked.imageTag);
          deleted.push({ imageDigest: found.digest, imageTag: asked.imageTag });
          continue;
        }
        const indexes = room.registry.indexesOf(found);
        if (indexes.length > 0) {
          failures.push(referenced(asked, indexes));
          continue;
        }
        await room.registry.removeImage(found);
        const { digest: imageDigest } = found;
        if (tags.length === 0) deleted.push({ imageDigest });
        deleted.push(...tags.map((imageTag) => ({ imageDigest, imageTag })));
      }
      return { imageIds: deleted, failures };
    },
  );
}

function referenced(asked: ImageAsked, indexes: readonly StoredImage[]): ImageFailure {
  const digests = indexes.map(({ digest }) => digest).join(', ');
  return {
    imageId: asked,
    failureCode: 'ImageReferencedByManifestList',
    failureReason: `Requested image referenced by manifest list: [${digests}]`,
  };
}

function failureOf(asked: ImageAsked): ImageFailure {
  return {
    imageId: asked,
    failureCode: 'ImageNotFound',
    failureReason: 'Requested image not found',
  };
}

function showImage(
  { account, name }: Repository,
  image: StoredImage,
  imageTag: string | undefined,
): Image {
  return {
    registryId: account,
    repositoryName: name,
    imageId: { imageDigest: image.digest, ...(imageTag === undefined ? {} : { imageTag }) },
    imageManifest: bytesOfManifest(image).toString(),
    imageManifestMediaType: image.mediaType,
  };
}

function describe(repository: Repository, image: StoredImage): ImageDetail {
  const tags = tagsOfImage(repository, image);
  const manifest = parseManifest(bytesOfManifest(image), image.mediaType);
  const size =
    manifest.kind === 'index' ? 0 : manifest.layers.reduce((sum, each) => sum + each.sizeBytes, 0);
  return {
    registryId: repository.account,
    repositoryName: repository.name,
    imageDigest: image.digest,
    ...(tags.length === 0 ? {} : { imageTags: [...tags] }),
    imageSizeInBytes: size,
    imagePushedAt: new Date(image.pushedMs),
    imageManifestMediaType: image.mediaType,
    ...(manifest.kind === 'index' ? {} : { artifactMediaType: manifest.config.mediaType }),
  };
}
