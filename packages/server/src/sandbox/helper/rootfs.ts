/**
 * The read-only root folder that all sandboxes share: the host's /usr, an /etc of our own, and
 * empty folders for what is mounted in each sandbox. Nothing has to be pulled, and nothing of the
 * host but programs and libraries is in it.
 *
 * It is built in the helper's own mount namespace and vanishes with it.
 */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { SANDBOX_USER } from '../oci/config.ts';
import { HOST_DOOR_ADDRESS, NAME_SERVER_ADDRESS } from '../network/addresses.ts';
import type { NetworkStatus } from '../network/policy.ts';
import { SANDBOX_ADDRESS } from './network.ts';
import { bindReadOnly, mount, MS_NODEV, MS_NOSUID, MS_RDONLY, MS_REMOUNT } from './syscalls.ts';

const EMPTY_FOLDERS = ['proc', 'dev', 'tmp', 'opt', 'root', 'home', 'run'];
const LAMBDA_FOLDERS = ['var/task', 'var/runtime', 'var/lang', 'var/tmp'];
/**
 * The dynamic loader looks once whether a folder of LD_LIBRARY_PATH exists and remembers: a
 * runtime that boots before its function's code and layers are mounted would never find theirs.
 */
const LIBRARY_FOLDERS = ['var/task/lib', 'opt/lib'];
/** On merged systems links into /usr, on older ones folders. */
const TOP_LEVEL = /^(bin|sbin|lib\w*)$/;
/** Folders of /etc that programs below /usr need; none holds a secret. */
const ETC_FOLDERS = ['alternatives', 'ssl/certs', 'pki/tls/certs', 'pki/ca-trust', 'fonts'];
const ETC_FILES = ['ld.so.cache', 'ld.so.conf', 'os-release', 'ssl/openssl.cnf', 'mime.types'];

const HOSTS = `127.0.0.1 localhost localhost.localdomain\n::1 localhost\n${SANDBOX_ADDRESS} sandbox.localdomain sandbox\n`;
/** Of this machine; the second as container programs call it, which functions may know. */
const HOST_NAMES = 'host.hearth.internal host.docker.internal';

const { uid, gid } = SANDBOX_USER;
const ETC: Readonly<Record<string, string>> = {
  passwd: `root:x:0:0:root:/root:/sbin/nologin\nsbx_user:x:${uid}:${gid}::/tmp:/sbin/nologin\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n`,
  group: `root:x:0:\nsbx_user:x:${gid}:\nnogroup:x:65534:\n`,
  hostname: 'sandbox\n',
  'nsswitch.conf':
    'passwd: files\ngroup: files\nhosts: files dns\nprotocols: files\nservices: files\n',
  timezone: 'UTC\n',
};

/** Builds it at `target`, an empty folder. */
export function buildRootfs(target: string, network: NetworkStatus): void {
  mount({ source: 'tmpfs', target, type: 'tmpfs', options: 'mode=755,size=8m' });
  const place = (...names: readonly string[]): string => path.join(target, ...names);
  for (const folder of [...EMPTY_FOLDERS, ...LAMBDA_FOLDERS, ...LIBRARY_FOLDERS]) {
    mkdirSync(place(folder), { recursive: true });
  }
  showReadOnly('/usr', place('usr'));
  for (const name of readdirSync('/').filter((each) => TOP_LEVEL.test(each))) {
    const source = path.join('/', name);
    if (lstatSync(source).isSymbolicLink()) symlinkSync(readlinkSync(source), place(name));
    else showReadOnly(source, place(name));
  }
  buildEtc(place('etc'), { ...ETC, ...namesOf(network) });
  // Lets ES modules, which have no search path, find the packages of the runtime.
  symlinkSync('/var/runtime/node_modules', place('node_modules'));
  const flags = MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV;
  mount({ source: 'tmpfs', target, type: 'tmpfs', flags, options: 'mode=755,size=8m' });
}

/** How names are found; without a name server lookups fail at once. */
function namesOf(network: NetworkStatus): Readonly<Record<'hosts' | 'resolv.conf', string>> {
  const isPublic = network.kind === 'public';
  const hasDoor = isPublic && network.allow.some(({ kind }) => kind === 'host');
  return {
    hosts: hasDoor ? `${HOSTS}${HOST_DOOR_ADDRESS} ${HOST_NAMES}\n` : HOSTS,
    'resolv.conf': isPublic
      ? `nameserver ${NAME_SERVER_ADDRESS}\n`
      : 'options timeout:1 attempts:1\n',
  };
}

function buildEtc(etc: string, texts: Readonly<Record<string, string>>): void {
  mkdirSync(etc);
  for (const [name, text] of Object.entries(texts)) writeFileSync(path.join(etc, name), text);
  symlinkSync('../usr/share/zoneinfo/UTC', path.join(etc, 'localtime'));
  for (const name of ETC_FILES) {
    const source = path.join('/etc', name);
    if (!existsSync(source)) continue;
    const copy = path.join(etc, name);
    mkdirSync(path.dirname(copy), { recursive: true });
    copyFileSync(source, copy);
    chmodSync(copy, 0o644);
  }
  for (const name of ETC_FOLDERS) {
    if (existsSync(path.join('/etc', name))) {
      showReadOnly(path.join('/etc', name), path.join(etc, name));
    }
  }
}

function showReadOnly(source: string, target: string): void {
  mkdirSync(target, { recursive: true });
  bindReadOnly(source, target);
}
