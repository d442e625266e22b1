import { systemClock } from '../../lib/clock.ts';
import { silentLogger } from '../../lib/logger.ts';
import { describeSandboxDriver } from '../driver.testsuite.ts';
import { startOciDriver } from './start-oci-driver.ts';

for (const runtime of ['crun', 'runc']) {
  describeSandboxDriver(`oci with ${runtime}`, {
    start: (folder) =>
      startOciDriver({ runtime, folder, logger: silentLogger, clock: systemClock }),
    isIsolated: true,
  });
}
