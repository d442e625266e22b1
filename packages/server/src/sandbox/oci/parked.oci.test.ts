/** The contracts of sandboxes, over parked ones of the OCI driver. */
import { systemClock } from '../../lib/clock.ts';
import { silentLogger } from '../../lib/logger.ts';
import type { DriverSuite } from '../driver-under-test.testsuite.ts';
import { describeSandboxDriver } from '../driver.testsuite.ts';
import { describeParked, parksAll } from '../parked.testsuite.ts';
import { describePrograms } from '../programs.testsuite.ts';
import { startOciDriver } from './start-oci-driver.ts';

const suiteOf = (runtime: string): DriverSuite => ({
  start: (folder) => startOciDriver({ runtime, folder, logger: silentLogger, clock: systemClock }),
  isIsolated: true,
});

describeParked('oci with crun', suiteOf('crun'));
describeSandboxDriver('oci with crun, all parked', parksAll(suiteOf('crun')));
describePrograms('oci with crun, all parked', parksAll(suiteOf('crun')));
describeSandboxDriver('oci with runc, all parked', parksAll(suiteOf('runc')));
