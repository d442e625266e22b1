import { systemClock } from '../lib/clock.ts';
import { startProcessDriver } from '../sandbox/process/start-process-driver.ts';
import { extensionsSuite } from './extensions.testsuite.ts';

extensionsSuite('the process driver', (folder, logger) =>
  startProcessDriver({ folder, logger, clock: systemClock }),
);
