import { systemClock } from '../lib/clock.ts';
import { startSandboxDriver } from '../sandbox/choose-driver.ts';
import { environmentSuite } from './environment.testsuite.ts';

for (const [name, bootedOfEach] of [
  ['the OCI driver', 0],
  ['the OCI driver with booted runtimes', 2],
] as const) {
  environmentSuite(
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
