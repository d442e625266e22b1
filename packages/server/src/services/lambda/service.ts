/** Lambda's API, as far as Hearth serves it. */
import { ACCOUNT_CONCURRENCY, INACTIVE_AFTER_MS } from '../../core/limits.ts';
import { serviceOf, type Service } from '../../core/operation.ts';
import type { Architecture } from '../../core/function-version.ts';
import { KeyedLock } from '../../lib/keyed-lock.ts';
import { closeable, type Closeable } from '../../lib/lifetime.ts';
import type { RawResponse } from '../../wire/raw-message.ts';
import { createFunctionUrlConfig } from './create-function-url-config.ts';
import { deleteFunctionUrlConfig } from './delete-function-url-config.ts';
import { getFunctionUrlConfig } from './get-function-url-config.ts';
import { updateFunctionUrlConfig } from './update-function-url-config.ts';
import { listFunctionUrlConfigs } from './list-function-url-configs.ts';
import { createUrlDoor } from './function-urls/url-door.ts';
import type { FunctionUrls } from './function-urls/url-door.ts';
import { createCodeLinks, type CodeLinks } from './code-links.ts';
import { addPermission } from './add-permission.ts';
import {
  createCodeSigningConfig,
  deleteCodeSigningConfig,
  getCodeSigningConfig,
  listCodeSigningConfigs,
  updateCodeSigningConfig,
} from './code-signing-configs.ts';
import { createAlias } from './create-alias.ts';
import { createFunction } from './create-function.ts';
import { deleteAlias } from './delete-alias.ts';
import { deleteFunctionConcurrency } from './delete-function-concurrency.ts';
import { deleteLayerVersion } from './delete-layer-version.ts';
import { deleteProvisionedConcurrencyConfig } from './delete-provisioned-concurrency-config.ts';
import { deleteResourcePolicy } from './delete-resource-policy.ts';
import { deleteFunction } from './delete-function.ts';
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
import { getFunction } from './get-function.ts';
import { getLayerVersion, getLayerVersionByArn } from './get-layer-version.ts';
import { getPolicy } from './get-policy.ts';
import { getProvisionedConcurrencyConfig } from './get-provisioned-concurrency-config.ts';
import { getResourcePolicy } from './get-resource-policy.ts';
import { createIdleWatch } from './idle-watch.ts';
import { answerImport, type ImportRequest } from './import-layer.ts';
import { invoke } from './invoke.ts';
import { isCodeKept } from './kept-code.ts';
import {
  addLayerVersionPermission,
  getLayerVersionPolicy,
  removeLayerVersionPermission,
} from './layer-policy.ts';
import { invokeWithResponseStream } from './invoke-with-response-stream.ts';
import type { LambdaRoom, LambdaServiceDependencies } from './lambda-deps.ts';
import { listAliases } from './list-aliases.ts';
import { listFunctions } from './list-functions.ts';
import { listLayerVersions } from './list-layer-versions.ts';
import { listLayers } from './list-layers.ts';
import { listProvisionedConcurrencyConfigs } from './list-provisioned-concurrency-configs.ts';
import { listTags } from './list-tags.ts';
import { listVersionsByFunction } from './list-versions-by-function.ts';
import { publishLayerVersion } from './publish-layer-version.ts';
import { publishVersion } from './publish-version.ts';
import { putFunctionConcurrency } from './put-function-concurrency.ts';
import { applyProvisioned } from './provisioned-target.ts';
import { putProvisionedConcurrencyConfig } from './put-provisioned-concurrency-config.ts';
import { putResourcePolicy } from './put-resource-policy.ts';
import { removePermission } from './remove-permission.ts';
import { createSettler } from './settler.ts';
import { tagResource } from './tag-resource.ts';
import { untagResource } from './untag-resource.ts';
import { updateAlias } from './update-alias.ts';
import { updateFunctionCode } from './update-function-code.ts';
import { updateFunctionConfiguration } from './update-function-configuration.ts';

export interface LambdaService extends Service, Closeable {
  /**
   * Before the first request, once: takes up functions that a stop left Pending or InProgress,
   * and removes code that no function refers to.
   */
  resume(): Promise<void>;
  /** Makes Inactive what nobody has invoked for long; done by itself from time to time. */
  sweepIdle(): Promise<void>;
  /** Once the gateway listens, which functions may call in their init: what is provisioned begins. */
  provision(): void;
  /** Answers `/_hearth/code/...`, the addresses in `Code.Location`; undefined for other paths. */
  readonly answerOwnPath: CodeLinks['answer'];
  /** Answers `/_hearth/layers`. */
  readonly answerImport: (request: ImportRequest) => Promise<RawResponse | undefined>;
  /** What the gateway serves under the hosts and paths of function URLs. */
  readonly functionUrls: FunctionUrls;
}

/** `close()` waits until nothing is being prepared; the store must still be open then. */
export function createLambdaService(deps: LambdaServiceDependencies): LambdaService {
  const settler = createSettler(deps);
  const links = createCodeLinks(deps);
  const defaults = {
    architecture: architectureHere(),
    accountConcurrency: ACCOUNT_CONCURRENCY,
    random: Math.random,
    inactiveAfterMs: INACTIVE_AFTER_MS,
  };
  const idleWatch = createIdleWatch({ ...defaults, ...deps, settler });
  const room: LambdaRoom = {
    ...defaults,
    ...deps,
    settler,
    idleWatch,
    links,
    concurrencyLock: new KeyedLock(),
  };
  return {
    ...serviceOf('lambda', operationsOf(room)),
    ...closeable(async () => {
      await idleWatch.close();
      await settler.drain();
    }),
    resume: async () => {
      // What a quarantined record refers to is not known: then everything is kept.
      if (deps.functions.quarantinedRows + deps.layers.damagedRows === 0) {
        await deps.code.retainOnly((sha256) => isCodeKept(deps, sha256));
      }
      settler.resume();
      idleWatch.start();
    },
    sweepIdle: () => idleWatch.sweep(),
    provision: () => {
      for (const record of deps.functions.all()) applyProvisioned(room, record);
    },
    answerOwnPath: (request) => links.answer(request),
    answerImport: (request) => answerImport(room, request),
    functionUrls: createUrlDoor(room),
  };
}

export function operationsOf(room: LambdaRoom): Parameters<typeof serviceOf>[1] {
  return [
    addLayerVersionPermission(room),
    addPermission(room),
    createAlias(room),
    createCodeSigningConfig(room),
    createFunction(room),
    createFunctionUrlConfig(room),
    deleteAlias(room),
    deleteCodeSigningConfig(room),
    deleteFunction(room),
    deleteFunctionCodeSigningConfig(room),
    deleteFunctionConcurrency(room),
    deleteFunctionUrlConfig(room),
    deleteLayerVersion(room),
    deleteProvisionedConcurrencyConfig(room),
    deleteResourcePolicy(room),
    getAccountSettings(room),
    getAlias(room),
    getCodeSigningConfig(room),
    getFunction(room),
    getFunctionCodeSigningConfig(room),
    getFunctionConcurrency(room),
    getFunctionConfiguration(room),
    getFunctionUrlConfig(room),
    getLayerVersion(room),
    getLayerVersionByArn(room),
    getLayerVersionPolicy(room),
    getPolicy(room),
    getProvisionedConcurrencyConfig(room),
    getResourcePolicy(room),
    invoke(room),
    invokeWithResponseStream(room),
    listAliases(room),
    listCodeSigningConfigs(room),
    listFunctions(room),
    listFunctionsByCodeSigningConfig(room),
    listFunctionUrlConfigs(room),
    listLayerVersions(room),
    listLayers(room),
    listProvisionedConcurrencyConfigs(room),
    listTags(room),
    listVersionsByFunction(room),
    publishLayerVersion(room),
    publishVersion(room),
    putFunctionCodeSigningConfig(room),
    putFunctionConcurrency(room),
    putProvisionedConcurrencyConfig(room),
    putResourcePolicy(room),
    removeLayerVersionPermission(room),
    removePermission(room),
    tagResource(room),
    untagResource(room),
    updateAlias(room),
    updateCodeSigningConfig(room),
    updateFunctionCode(room),
    updateFunctionConfiguration(room),
    updateFunctionUrlConfig(room),
  ];
}

function architectureHere(): Architecture {
  return process.arch === 'arm64' ? 'arm64' : 'x86_64';
}
