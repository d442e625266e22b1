/**
 * Where data and cache go unless told: root's server uses the machine's places for a service
 * (below /root no sandbox with a user of its own could reach its code), anybody else's uses the
 * XDG folders. Never the current folder: starting the server elsewhere must find the same data.
 */
import path from 'node:path';

export interface User {
  readonly isRoot: boolean;
  readonly homeFolder: string;
}

export function defaultFolder(
  kind: 'data' | 'cache',
  user: User,
  env: Readonly<Record<string, string | undefined>>,
): string {
  const xdg = env[kind === 'data' ? 'XDG_DATA_HOME' : 'XDG_CACHE_HOME'];
  // The XDG specification says that relative paths are to be ignored.
  if (xdg !== undefined && path.isAbsolute(xdg)) return path.join(xdg, 'hearth');
  if (user.isRoot) return kind === 'data' ? '/var/lib/hearth' : '/var/cache/hearth';
  return path.join(user.homeFolder, kind === 'data' ? '.local/share/hearth' : '.cache/hearth');
}
