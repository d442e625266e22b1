/** Runs a suite of environments over the OCI driver, without and with what is made ahead of need. */
import { systemClock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { startSandboxDriver } from '../sandbox/choose-driver.ts';
import type { SandboxDriver } from '../sandbox/driver.ts';

type Suite = (
  name: string,
  startDriver: (folder: string, logger: Logger) => Promise<SandboxDriver>,
  settings: { readonly bootedOfEach: number; readonly parked: number },
) => void;

export function overOciDrivers(suite: Suite): void {
  suite('the OCI driver', startOciDriver, { bootedOfEach: 0, parked: 0 });
  suite('the OCI driver with both pools', startOciDriver, { bootedOfEach: 2, parked: 2 });
}

export async function startOciDriver(folder: string, logger: Logger): Promise<SandboxDriver> {
  const { driver } = await startSandboxDriver({
    isolation: 'oci',
    ociRuntime: 'auto',
    isLoopbackOnly: true,
    folder,
    clock: systemClock,
    logger,
  });
  return driver;
}
