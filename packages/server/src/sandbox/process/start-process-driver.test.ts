import { systemClock } from '../../lib/clock.ts';
import { silentLogger } from '../../lib/logger.ts';
import { describeSandboxDriver, type DriverSuite } from '../driver.testsuite.ts';
import { describeParked } from '../parked.testsuite.ts';
import { describePrograms } from '../programs.testsuite.ts';
import { startProcessDriver } from './start-process-driver.ts';

const suite: DriverSuite = {
  start: (folder) => startProcessDriver({ folder, logger: silentLogger, clock: systemClock }),
  isIsolated: false,
};
describeSandboxDriver('process', suite);
describePrograms('process', suite);
describeParked('process', suite);
