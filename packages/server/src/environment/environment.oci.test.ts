import { environmentSuite } from './environment.testsuite.ts';
import { overOciDrivers, startOciDriver } from './oci-drivers.testsuite.ts';

overOciDrivers(environmentSuite);
environmentSuite('the OCI driver with parked sandboxes', startOciDriver, { parked: 2 });
