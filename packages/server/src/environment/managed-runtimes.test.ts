import { systemClock } from '../lib/clock.ts';
import { startProcessDriver } from '../sandbox/process/start-process-driver.ts';
import { managedRuntimesSuite } from './managed-runtimes.testsuite.ts';

managedRuntimesSuite('the process driver', (folder, logger) =>
  startProcessDriver({ folder, logger, clock: systemClock }),
);
