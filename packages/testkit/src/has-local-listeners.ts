/** Whether sandboxes reach Hearth by local sockets here: Linux refuses descriptors there since 6.16. */
import os from 'node:os';

export function hasLocalListeners(): boolean {
  const [major = 0, minor = 0] = os.release().split('.').map(Number);
  return major > 6 || (major === 6 && minor >= 16);
}
