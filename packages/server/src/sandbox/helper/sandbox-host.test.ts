import { expect, test } from 'vitest';
import { SandboxHost } from './sandbox-host.ts';

test('a helper that ends makes nothing that was asked of it before and comes after', async () => {
  const host = new SandboxHost(() => Promise.resolve());
  await host.close();
  const creating = host.perform({
    call: 'create',
    sandbox: 'late',
    memoryMib: 128,
    cpus: 1,
    tmpMib: 512,
    maxProcesses: 1_024,
    maxFileDescriptors: 1_024,
    listeners: [],
  });
  await expect(creating).rejects.toThrow('The helper is ending.');
});
