import { managedRuntimesSuite } from './managed-runtimes.testsuite.ts';
import { overOciDrivers } from './oci-drivers.testsuite.ts';

overOciDrivers(managedRuntimesSuite);
