import { overOciDrivers } from './oci-drivers.testsuite.ts';
import { telemetrySuite } from './telemetry.testsuite.ts';

overOciDrivers(telemetrySuite);
