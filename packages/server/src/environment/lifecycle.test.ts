import { systemClock } from '../lib/clock.ts';
import { startProcessDriver } from '../sandbox/process/start-process-driver.ts';
import { lifecycleSuite } from './lifecycle.testsuite.ts';

lifecycleSuite('the process driver', (folder, logger) =>
  startProcessDriver({ folder, logger, clock: systemClock }),
);
