import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { throughHost } from '../oci/program-process.ts';
import { findHostPrograms, HOST_ROOT } from './host-programs.ts';

const isLinux = process.platform === 'linux';

/** As if the host's root were shown at the root itself. */
function run(program: Parameters<typeof throughHost>[0]): string {
  const { argv } = throughHost(program, findHostPrograms(), 'exec', 'exec "$@"');
  const [file = '', ...rest] = argv.map((each) => each.replaceAll(HOST_ROOT, ''));
  return execFileSync(file, rest, { encoding: 'utf8', env: { LEAKS: 'yes' } });
}

test.runIf(isLinux)(
  'the host’s programs start by their own loader, with exactly the given variables',
  () => {
    const program = {
      argv: ['env'],
      env: { PATH: '/usr/bin:/bin' },
      userEnv: { A: "it's = \n x" },
      cwd: '/',
    };
    expect(run(program)).toBe("A=it's = \n x\nPATH=/usr/bin:/bin\n");
  },
);

test.runIf(isLinux)('a program starts in its folder, found by its name in its own PATH', () => {
  const program = { argv: ['pwd'], env: { PATH: '/bin' }, userEnv: {}, cwd: '/usr' };
  expect(run(program)).toBe('/usr\n');
});
