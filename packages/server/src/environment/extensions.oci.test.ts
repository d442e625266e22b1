import { startOciDriver } from './oci-drivers.testsuite.ts';
import { extensionsSuite } from './extensions.testsuite.ts';

extensionsSuite('the OCI driver', startOciDriver);
extensionsSuite('the OCI driver with parked sandboxes', startOciDriver, { parked: 2 });
