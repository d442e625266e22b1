/**
 * The thread of an uplink. The kernel makes and ends links under one lock for the whole machine, and
 * whoever waits for that must not be the thread that shows a function its code.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { openUplink, type Uplink } from './open-uplink.ts';
import type { UplinkAnswer, UplinkCall, UplinkSettings } from './uplink-messages.ts';

const port = parentPort;
if (port !== null) await run(workerData as UplinkSettings, (answer) => port.postMessage(answer));

async function run(settings: UplinkSettings, tell: (answer: UplinkAnswer) => void): Promise<void> {
  let uplink: Uplink;
  try {
    uplink = await openUplink(settings);
  } catch (error) {
    tell({ kind: 'unavailable', message: (error as Error).message });
    port?.close();
    return;
  }
  port?.on('message', (call: UplinkCall) => {
    switch (call.kind) {
      case 'attach':
        tell(attach(uplink, call.id, call.namespaceFd));
        break;
      case 'detach':
        uplink.detach(call.slot);
        break;
      case 'close':
        void uplink.close().finally(() => port.close());
        break;
    }
  });
  tell({ kind: 'open' });
}

function attach(uplink: Uplink, id: number, namespaceFd: number): UplinkAnswer {
  try {
    return { kind: 'attached', id, slot: uplink.attach(namespaceFd) };
  } catch (error) {
    return { kind: 'refused', id, message: (error as Error).message };
  }
}
