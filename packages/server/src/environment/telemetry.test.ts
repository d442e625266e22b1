import { systemClock } from '../lib/clock.ts';
import { startProcessDriver } from '../sandbox/process/start-process-driver.ts';
import { telemetrySuite } from './telemetry.testsuite.ts';

telemetrySuite(
  'the process driver',
  (folder, logger) => startProcessDriver({ folder, logger, clock: systemClock }),
  { bootedOfEach: 0 },
);
