import { lifecycleSuite } from './lifecycle.testsuite.ts';
import { overOciDrivers } from './oci-drivers.testsuite.ts';

overOciDrivers(lifecycleSuite);
