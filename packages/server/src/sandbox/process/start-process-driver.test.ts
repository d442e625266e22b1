import { systemClock } from '../../lib/clock.ts';
import { silentLogger } from '../../lib/logger.ts';
import { describeSandboxDriver } from '../driver.testsuite.ts';
import { startProcessDriver } from './start-process-driver.ts';

describeSandboxDriver('process', {
  start: (folder) => startProcessDriver({ folder, logger: silentLogger, clock: systemClock }),
  isIsolated: false,
});
