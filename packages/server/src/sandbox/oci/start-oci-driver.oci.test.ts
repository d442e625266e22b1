import { systemClock } from '../../lib/clock.ts';
import { silentLogger } from '../../lib/logger.ts';
import type { SandboxDriver } from '../driver.ts';
import { describeSandboxDriver } from '../driver.testsuite.ts';
import { describeIsolation } from './isolation.testsuite.ts';
import { describeLeaks } from './leaks.testsuite.ts';
import { startOciDriver } from './start-oci-driver.ts';

for (const runtime of ['crun', 'runc']) {
  const start = (folder: string): Promise<SandboxDriver> =>
    startOciDriver({ runtime, folder, logger: silentLogger, clock: systemClock });
  describeSandboxDriver(`oci with ${runtime}`, { start, isIsolated: true });
  describeIsolation(runtime, start);
  describeLeaks(runtime, start);
}
