import { environmentSuite } from './environment.testsuite.ts';
import { overOciDrivers } from './oci-drivers.testsuite.ts';

overOciDrivers(environmentSuite);
