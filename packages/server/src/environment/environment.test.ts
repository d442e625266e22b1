import { systemClock } from '../lib/clock.ts';
import { startProcessDriver } from '../sandbox/process/start-process-driver.ts';
import { environmentSuite } from './environment.testsuite.ts';

environmentSuite('the process driver', (folder, logger) =>
  startProcessDriver({ folder, logger, clock: systemClock }),
);
