import { systemClock } from '../lib/clock.ts';
import { startSandboxDriver } from '../sandbox/choose-driver.ts';
import { managedRuntimesSuite } from './managed-runtimes.testsuite.ts';

managedRuntimesSuite('the OCI driver', async (folder, logger) => {
  const { driver } = await startSandboxDriver({
    isolation: 'oci',
    ociRuntime: 'auto',
    isLoopbackOnly: true,
    folder,
    clock: systemClock,
    logger,
  });
  return driver;
});
