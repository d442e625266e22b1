/** Every operation of Lambda that is served, one file (or two that belong together) for each. */
import type { AnyOperation } from '../../core/operation.ts';
import { addPermission } from './add-permission.ts';
import {
  createCodeSigningConfig,
  deleteCodeSigningConfig,
  getCodeSigningConfig,
  listCodeSigningConfigs,
  updateCodeSigningConfig,
} from './code-signing-configs.ts';
import { createAlias } from './create-alias.ts';
import { createFunctionUrlConfig } from './create-function-url-config.ts';
import { createFunction } from './create-function.ts';
import { deleteAlias } from './delete-alias.ts';
import { deleteFunctionConcurrency } from './delete-function-concurrency.ts';
import { deleteFunctionUrlConfig } from './delete-function-url-config.ts';
import { deleteFunction } from './delete-function.ts';
import { deleteLayerVersion } from './delete-layer-version.ts';
import { deleteProvisionedConcurrencyConfig } from './delete-provisioned-concurrency-config.ts';
import { deleteResourcePolicy } from './delete-resource-policy.ts';
import {
  deleteFunctionCodeSigningConfig,
  getFunctionCodeSigningConfig,
  listFunctionsByCodeSigningConfig,
  putFunctionCodeSigningConfig,
} from './function-code-signing.ts';
import { getAccountSettings } from './get-account-settings.ts';
import { getAlias } from './get-alias.ts';
import { getFunctionConcurrency } from './get-function-concurrency.ts';
import { getFunctionConfiguration } from './get-function-configuration.ts';
import { getFunctionUrlConfig } from './get-function-url-config.ts';
import { getFunction } from './get-function.ts';
import { getLayerVersion, getLayerVersionByArn } from './get-layer-version.ts';
import { getPolicy } from './get-policy.ts';
import { getProvisionedConcurrencyConfig } from './get-provisioned-concurrency-config.ts';
import { getResourcePolicy } from './get-resource-policy.ts';
import { invokeAsync } from './async/accept-event.ts';
import {
  deleteFunctionEventInvokeConfig,
  getFunctionEventInvokeConfig,
  listFunctionEventInvokeConfigs,
  putFunctionEventInvokeConfig,
  updateFunctionEventInvokeConfig,
} from './async/event-invoke-config-operations.ts';
import { createEventSourceMapping } from './event-sources/create-event-source-mapping.ts';
import {
  deleteEventSourceMapping,
  getEventSourceMapping,
  listEventSourceMappings,
} from './event-sources/event-source-mappings.ts';
import { updateEventSourceMapping } from './event-sources/update-event-source-mapping.ts';
import {
  getFunctionRecursionConfig,
  putFunctionRecursionConfig,
} from './function-recursion-config.ts';
import { invokeWithResponseStream } from './invoke-with-response-stream.ts';
import { invoke } from './invoke.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import {
  addLayerVersionPermission,
  getLayerVersionPolicy,
  removeLayerVersionPermission,
} from './layer-policy.ts';
import { listAliases } from './list-aliases.ts';
import { listFunctionUrlConfigs } from './list-function-url-configs.ts';
import { listFunctions } from './list-functions.ts';
import { listLayerVersions } from './list-layer-versions.ts';
import { listLayers } from './list-layers.ts';
import { listProvisionedConcurrencyConfigs } from './list-provisioned-concurrency-configs.ts';
import { listTags } from './list-tags.ts';
import { listVersionsByFunction } from './list-versions-by-function.ts';
import { publishLayerVersion } from './publish-layer-version.ts';
import { publishVersion } from './publish-version.ts';
import { putFunctionConcurrency } from './put-function-concurrency.ts';
import { putProvisionedConcurrencyConfig } from './put-provisioned-concurrency-config.ts';
import { putResourcePolicy } from './put-resource-policy.ts';
import { removePermission } from './remove-permission.ts';
import { getRuntimeManagementConfig, putRuntimeManagementConfig } from './runtime-management.ts';
import { tagResource } from './tag-resource.ts';
import { untagResource } from './untag-resource.ts';
import { updateAlias } from './update-alias.ts';
import { updateFunctionCode } from './update-function-code.ts';
import { updateFunctionConfiguration } from './update-function-configuration.ts';
import { updateFunctionUrlConfig } from './update-function-url-config.ts';

const makers: readonly ((room: LambdaRoom) => AnyOperation)[] = [
  addLayerVersionPermission,
  addPermission,
  createAlias,
  createCodeSigningConfig,
  createEventSourceMapping,
  createFunction,
  createFunctionUrlConfig,
  deleteAlias,
  deleteCodeSigningConfig,
  deleteEventSourceMapping,
  deleteFunction,
  deleteFunctionCodeSigningConfig,
  deleteFunctionConcurrency,
  deleteFunctionEventInvokeConfig,
  deleteFunctionUrlConfig,
  deleteLayerVersion,
  deleteProvisionedConcurrencyConfig,
  deleteResourcePolicy,
  getAccountSettings,
  getAlias,
  getCodeSigningConfig,
  getEventSourceMapping,
  getFunction,
  getFunctionCodeSigningConfig,
  getFunctionConcurrency,
  getFunctionConfiguration,
  getFunctionEventInvokeConfig,
  getFunctionRecursionConfig,
  getFunctionUrlConfig,
  getLayerVersion,
  getLayerVersionByArn,
  getLayerVersionPolicy,
  getPolicy,
  getProvisionedConcurrencyConfig,
  getResourcePolicy,
  getRuntimeManagementConfig,
  invoke,
  invokeAsync,
  invokeWithResponseStream,
  listAliases,
  listCodeSigningConfigs,
  listEventSourceMappings,
  listFunctionEventInvokeConfigs,
  listFunctions,
  listFunctionsByCodeSigningConfig,
  listFunctionUrlConfigs,
  listLayers,
  listLayerVersions,
  listProvisionedConcurrencyConfigs,
  listTags,
  listVersionsByFunction,
  publishLayerVersion,
  publishVersion,
  putFunctionCodeSigningConfig,
  putFunctionConcurrency,
  putFunctionEventInvokeConfig,
  putFunctionRecursionConfig,
  putProvisionedConcurrencyConfig,
  putResourcePolicy,
  putRuntimeManagementConfig,
  removeLayerVersionPermission,
  removePermission,
  tagResource,
  untagResource,
  updateAlias,
  updateCodeSigningConfig,
  updateEventSourceMapping,
  updateFunctionCode,
  updateFunctionConfiguration,
  updateFunctionEventInvokeConfig,
  updateFunctionUrlConfig,
];

export function operationsOf(room: LambdaRoom): readonly AnyOperation[] {
  return makers.map((make) => make(room));
}
