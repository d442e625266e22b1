/** ECR as Hearth serves it: repositories of images, for functions and for clients that push and pull. */
import { serviceOf, type Service } from '../../core/operation.ts';
import type { EcrRoom } from './ecr-deps.ts';
import { getAuthorizationToken } from './get-authorization-token.ts';
import { imageOperations } from './images.ts';
import { layerOperations } from './layers.ts';
import { repositoryOperations } from './repositories.ts';
import { settingOperations } from './settings.ts';
import { tagOperations } from './tags.ts';

export function createEcrService(room: EcrRoom): Service {
  return serviceOf('ecr', [
    getAuthorizationToken(room),
    ...repositoryOperations(room),
    ...settingOperations(room),
    ...tagOperations(room),
    ...imageOperations(room),
    ...layerOperations(room),
  ]);
}
