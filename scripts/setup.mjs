// Makes a bare machine able to run Hearth, saying what it installs. Plain JavaScript for whatever
// Node npm itself runs on (20 or newer); nothing here needs node_modules.
//
// npm packages (with Node 26 itself) are always installed; Debian packages only as root where
// apt-get exists. What cannot be installed is said in one sentence, and the server falls back
// or refuses by its own rules.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { oneAtATime } from './one-at-a-time.mjs';

export const root = path.resolve(
  import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname),
  '..',
);
const stamp = path.join(root, 'node_modules', '.hearth-setup');

/** What the server uses of Debian's packages: how to see that it is there, and what for. */
const serverPackages = [
  { name: 'crun', isThere: () => onPath('crun'), use: 'starts sandboxes' },
  { name: 'runc', isThere: () => onPath('runc'), use: 'starts sandboxes where crun cannot' },
  {
    name: 'e2fsprogs',
    isThere: () => onPath('mkfs.ext4'),
    use: 'makes the sized /tmp of a sandbox',
  },
  {
    name: 'nftables',
    isThere: () => onPath('nft'),
    use: 'lets functions reach the internet and nothing else',
  },
  { name: 'python3', isThere: () => onPath('python3'), use: 'runs Python functions' },
  {
    name: 'python3-boto3',
    isThere: () => hasFile('/usr/lib/python3/dist-packages/boto3'),
    use: 'is what Python functions carry',
  },
  {
    name: 'ca-certificates',
    isThere: () => hasFile('/etc/ssl/certs/ca-certificates.crt'),
    use: 'lets functions verify TLS',
  },
];

/** What `npm test` adds: the real clients. */
const testPackages = [
  {
    name: 'curl',
    isThere: () => onPath('curl'),
    use: "is what the tests' shell function speaks by",
  },
  { name: 'awscli', isThere: () => hasFile('/usr/bin/aws'), use: 'is a client of the tests' },
  { name: 'gcc', isThere: () => onPath('gcc'), use: "compiles the tests' compiled function" },
  {
    name: 'libc6-dev',
    isThere: () => hasFile('/usr/include/stdio.h'),
    use: "compiles the tests' compiled function",
  },
];

/**
 * Installs what is missing. Returns the path of the Node that runs Hearth.
 * @param {{ forTests?: boolean, mayInstall?: boolean }} options
 */
export function setUp({ forTests = false, mayInstall = true } = {}) {
  installNodePackages(mayInstall);
  installDebianPackages([...serverPackages, ...(forTests ? testPackages : [])], mayInstall);
  return findNode(mayInstall);
}

function installNodePackages(mayInstall) {
  const lock = createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex');
  const isInstalled = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === lock;
  if (isInstalled()) return;
  if (!mayInstall) fail('npm packages are missing. Run `npm ci` in this folder.');
  oneAtATime(
    path.join(root, '.hearth-setup'),
    () => {
      if (!isInstalled()) installPackagesOf(lock);
    },
    (pid) => say(`Process ${pid} sets this folder up already: waiting for it ...`),
  );
}

function installPackagesOf(lock) {
  say('Installing npm packages, Node 26 among them (once, about 20 seconds) ...');
  const { status } = run('npm', [
    'ci',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]);
  if (status !== 0) fail('`npm ci` failed; its message is above.');
  writeFileSync(stamp, lock);
}

function installDebianPackages(packages, mayInstall) {
  if (process.platform !== 'linux') return;
  const missing = packages.filter((each) => !each.isThere());
  if (missing.length === 0) return;
  const names = missing.map((each) => each.name);
  if (!mayInstall || process.getuid?.() !== 0 || !onPath('apt-get')) {
    const why = missing.map((each) => `${each.name} (${each.use})`).join(', ');
    say(`Not installed, and this user may not install it here: ${why}.`);
    return;
  }
  say(
    `Installing through apt: ${missing.map((each) => `${each.name} (${each.use})`).join(', ')} ...`,
  );
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  run('apt-get', ['update', '-qq'], { env, quiet: true });
  const { status } = run(
    'apt-get',
    ['install', '-y', '-qq', '-o', 'DPkg::Lock::Timeout=300', '--no-install-recommends', ...names],
    {
      env,
      quiet: true,
    },
  );
  if (status !== 0) say(`apt could not install ${names.join(', ')}; going on without.`);
}

function findNode(mayInstall) {
  const architecture = process.arch === 'arm64' ? 'arm64' : 'x64';
  const packaged = path.join(root, 'node_modules', `node-linux-${architecture}`, 'bin', 'node');
  const node = existsSync(packaged) ? packaged : process.execPath;
  let version = versionOf(node);
  if (version === undefined && onPath('apt-get')) {
    // Node 26 links libatomic, which a small Debian does not have.
    installDebianPackages(
      [{ name: 'libatomic1', isThere: () => false, use: 'is needed by Node 26' }],
      mayInstall,
    );
    version = versionOf(node);
  }
  if (version === undefined)
    fail(`${path.relative(root, node)} does not run; on Debian, install libatomic1.`);
  if (Number(version.split('.')[0]) < 26) {
    fail(`Hearth needs Node 26.1 or newer; this machine has ${version}, and npm has none for it.`);
  }
  return node;
}

function versionOf(node) {
  const { status, stdout } = spawnSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

function run(command, args, { env = process.env, quiet = false } = {}) {
  const result = spawnSync(command, args, {
    cwd: root,
    env,
    stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit',
  });
  if (quiet && result.status !== 0) process.stderr.write(result.stderr ?? '');
  return result;
}

function onPath(program) {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'];
  return folders.some((folder) => existsSync(path.join(folder, program)));
}

function hasFile(file) {
  return existsSync(file);
}

function say(sentence) {
  process.stderr.write(`hearth set-up: ${sentence}\n`);
}

function fail(sentence) {
  say(sentence);
  process.exit(1);
}
