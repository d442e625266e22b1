import { systemClock } from '../lib/clock.ts';
import { startSandboxDriver } from '../sandbox/choose-driver.ts';
import { managedRuntimesSuite } from './managed-runtimes.testsuite.ts';

for (const [name, bootedOfEach] of [
  ['the OCI driver', 0],
  ['the OCI driver with booted runtimes', 2],
] as const) {
  managedRuntimesSuite(
    name,
    async (folder, logger) => {
      const { driver } = await startSandboxDriver({
        isolation: 'oci',
        ociRuntime: 'auto',
        isLoopbackOnly: true,
        folder,
        clock: systemClock,
        logger,
      });
      return driver;
    },
    { bootedOfEach },
  );
}
