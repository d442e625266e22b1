/**
 * The thread of the helper's slow mounts: a volume on a loop device, and the end of a sandbox's mounts,
 * for which the kernel waits until no CPU can be looking at them. That takes milliseconds, and some
 * twenty of them on a busy machine; the main thread, which shows functions their code, must not
 * wait for it.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { inTurn } from './in-turn.ts';
import type { MountAnswer, MountCall, MountSettings } from './mount-messages.ts';
import { detachMount, mount, MS_NODEV, MS_NOSUID } from './syscalls.ts';
import { TmpVolumes } from './tmp-volume.ts';

/** The size that functions have unless they ask for another. */
const USUAL_TMP_MIB = 512;

const port = parentPort;
if (port !== null) run(workerData as MountSettings, (answer) => port.postMessage(answer));

function run({ folder }: MountSettings, tell: (answer: MountAnswer) => void): void {
  const { mountTmp, ...opened } = chooseTmp(folder);
  const perform = inTurn((call) => tell(answerTo(call, mountTmp)));
  port?.on('message', (call: MountCall | 'close') => {
    if (call === 'close') {
      port.close();
      return;
    }
    perform(call);
  });
  tell({ kind: 'open', ...opened });
}

type MountTmp = (target: string, sizeMib: number) => void;

function answerTo(call: MountCall, mountTmp: MountTmp): MountAnswer {
  const { id } = call;
  try {
    if (call.kind === 'tmp') mountTmp(call.target, call.sizeMib);
    else detachMount(call.target);
    return { kind: 'done', id };
  } catch (error) {
    return { kind: 'refused', id, message: (error as Error).message };
  }
}

function chooseTmp(
  folder: string,
): Omit<Extract<MountAnswer, { kind: 'open' }>, 'kind'> & { readonly mountTmp: MountTmp } {
  const volumes = new TmpVolumes(folder);
  try {
    volumes.prepare(USUAL_TMP_MIB);
    const mountTmp: MountTmp = (target, sizeMib) => volumes.attach(target, sizeMib);
    return { tmp: 'ext4', warnings: [], mountTmp };
  } catch (error) {
    const warning = `/tmp of functions is kept in memory and charged to it, because loop devices with ext4 do not work here: ${(error as Error).message}`;
    return { tmp: 'tmpfs', warnings: [warning], mountTmp: mountMemory };
  }
}

function mountMemory(target: string, sizeMib: number): void {
  const options = `mode=1777,size=${sizeMib}m`;
  mount({ source: 'tmp', target, type: 'tmpfs', flags: MS_NOSUID | MS_NODEV, options });
}
