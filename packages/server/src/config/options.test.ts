import { describe, expect, test } from 'vitest';
import { awsLimits } from '../core/adjustable-limits.ts';
import { helpText, optionsReference } from './describe-options.ts';
import { optionList } from './option-table.ts';
import { readConfig } from './options.ts';

const ada = { isRoot: false, homeFolder: '/home/ada' };
const root = { isRoot: true, homeFolder: '/home/root' };

function refusal(argv: readonly string[], env: Record<string, string> = {}): string {
  try {
    readConfig(argv, env, ada);
  } catch (error) {
    expect(error).toMatchObject({ name: 'ConfigRefused' });
    return (error as Error).message;
  }
  return 'accepted';
}

describe('readConfig', () => {
  test('without options gives the defaults, frozen', () => {
    const config = readConfig([], { PATH: '/bin' }, ada);
    expect(config).toEqual({
      command: 'serve',
      port: 4566,
      host: '127.0.0.1',
      dataDir: '/home/ada/.local/share/hearth',
      cacheDir: '/home/ada/.cache/hearth',
      isolation: 'auto',
      ociRuntime: 'auto',
      network: 'auto',
      networkAllow: '',
      parked: 8,
      pool: 4,
      reuse: 'always',
      idleTimeoutSeconds: 300,
      inactiveAfterDays: 14,
      limits: awsLimits,
      maxAgeSeconds: 14_400,
      asyncRetrySeconds: 60,
      concurrency: 1000,
      webIdentityKeys: '',
      logLevel: 'info',
      shutdownGraceSeconds: 10,
      streamRate: 2,
      registries: '',
      upstreamS3: '',
      upstreamSqs: '',
      upstreamSns: '',
      upstreamEvents: '',
      upstreamAccessKeyId: '',
      upstreamSecretAccessKey: '',
      upstreamRegion: '',
    });
    expect(Object.isFrozen(config)).toBe(true);
  });

  test("puts root's data in the machine's places and honours XDG", () => {
    expect(readConfig([], {}, root)).toMatchObject({
      dataDir: '/var/lib/hearth',
      cacheDir: '/var/cache/hearth',
    });
    const xdg = { XDG_DATA_HOME: '/data', XDG_CACHE_HOME: 'relative' };
    expect(readConfig([], xdg, ada)).toMatchObject({
      dataDir: '/data/hearth',
      cacheDir: '/home/ada/.cache/hearth',
    });
  });

  test('takes an upstream with its key, and without one refuses it', () => {
    const key = { HEARTH_UPSTREAM_ACCESS_KEY_ID: 'a', HEARTH_UPSTREAM_SECRET_ACCESS_KEY: 'b/+c=' };
    const env = { HEARTH_UPSTREAM_S3: 'http://minio:9000/', ...key };
    expect(readConfig([], env, ada)).toMatchObject({
      upstreamS3: 'http://minio:9000',
      upstreamSecretAccessKey: 'b/+c=',
    });
    expect(refusal(['--upstream-sqs', 'http://queues:9324'])).toBe(
      'Without HEARTH_UPSTREAM_ACCESS_KEY_ID and HEARTH_UPSTREAM_SECRET_ACCESS_KEY nothing can be signed for HEARTH_UPSTREAM_SQS.',
    );
    for (const url of ['minio:9000', 'ftp://minio', 'http://a:b@minio', 'http://minio?a=b']) {
      expect(refusal(['--upstream-s3', url])).toContain(
        `--upstream-s3 is an http or https address without a query; '${url}' is not.`,
      );
    }
  });

  test('takes flags in both spellings, over variables', () => {
    const config = readConfig(
      ['--port', '0', '--data-dir=/d=1', '--oci-runtime', '/usr/bin/crun', '--reuse=never'],
      { HEARTH_PORT: '80', HEARTH_IDLE_TIMEOUT: '5', HEARTH_LOG_LEVEL: '' },
      ada,
    );
    expect(config).toMatchObject({
      port: 0,
      dataDir: '/d=1',
      ociRuntime: '/usr/bin/crun',
      reuse: 'never',
      idleTimeoutSeconds: 5,
      webIdentityKeys: '',
      logLevel: 'info',
    });
  });

  test('changes the limits that are named, and leaves the others as on AWS', () => {
    const { limits } = readConfig(['--limits', 'timeoutSeconds=5400, layers=8'], {}, ada);
    expect(limits).toEqual({ ...awsLimits, timeoutSeconds: 5400, layers: 8 });
    const env = { HEARTH_LIMITS: 'streamBytes=10737418240' };
    expect(readConfig([], env, ada).limits.streamBytes).toBe(10_737_418_240);
  });

  test.each([
    [
      'timeoutsecond=1',
      "--limits: there is no limit 'timeoutsecond'. Did you mean timeoutSeconds?",
    ],
    ['layer=1', "--limits: there is no limit 'layer'. Did you mean layers?"],
    [
      'timeoutSeconds=5401',
      "--limits: timeoutSeconds is a whole number from 3 to 5400; '5401' is not.",
    ],
    ['layers', "--limits: layers is a whole number from 0 to 50; '' is not."],
    ['layers=1=2', "--limits: layers is a whole number from 0 to 50; '1=2' is not."],
    ['layers=6,layers=7', '--limits: layers is given twice.'],
    ['toString=1', /^--limits: there is no limit 'toString'\. The limits are timeoutSeconds, /],
  ])('refuses the limits %s', (text, sentence) => {
    const told = refusal([`--limits=${text}`]);
    if (typeof sentence === 'string') expect(told).toBe(sentence);
    else expect(told).toMatch(sentence);
  });

  test('makes a relative folder absolute', () => {
    expect(readConfig(['--data-dir', 'here'], {}, ada).dataDir).toBe(`${process.cwd()}/here`);
  });

  test.each([
    [['--prot', '1'], 'Unknown option --prot. Did you mean --port?'],
    [['--datadir=/x'], 'Unknown option --datadir. Did you mean --data-dir?'],
    [['--verbose'], 'Unknown option --verbose. --help shows the options.'],
    [['serve'], 'Unexpected argument serve. --help shows the options.'],
    [['--port'], '--port needs a value: a whole number from 0 to 65535.'],
    [['--port', '--host', '::1'], '--port needs a value: a whole number from 0 to 65535.'],
    [['--port=65536'], "--port is a whole number from 0 to 65535; '65536' is not."],
    [['--port=-1'], "--port is a whole number from 0 to 65535; '-1' is not."],
    [['--port=4e3'], "--port is a whole number from 0 to 65535; '4e3' is not."],
    [['--isolation', 'docker'], "--isolation is one of auto, oci, process; 'docker' is not."],
    [
      ['--network-allow', 'host:5432, example.com:80'],
      '--network-allow is a list like host:5432, 10.1.0.0/16, 192.168.1.7:443; ' +
        "'host:5432, example.com:80' is not.",
    ],
    [
      ['--oci-runtime=youki'],
      '--oci-runtime is one of auto, crun, runc, runsc, kata, or the absolute path of a program; ' +
        "'youki' is not.",
    ],
  ])('refuses %j with a sentence', (argv, sentence) => {
    expect(refusal(argv)).toBe(sentence);
  });

  test('refuses an unknown variable and names the nearest', () => {
    expect(refusal([], { HEARTH_PROT: '1', HEARTHSTONE: 'x' })).toBe(
      'Unknown variable HEARTH_PROT. Did you mean HEARTH_PORT?',
    );
  });

  test.each(['0.0.0.0', '192.168.1.2', '::', 'example.org', '127.evil.org'])(
    'refuses to listen on %s while everybody knows the key',
    (host) => {
      expect(refusal(['--host', host])).toMatch(/^--host .* is refused: the key pair test\/test/);
      expect(refusal([], { HEARTH_HOST: host })).toMatch(/^HEARTH_HOST .* is refused/);
    },
  );

  test.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('listens on %s', (host) => {
    expect(readConfig(['--host', host], {}, ada).host).toBe(host);
  });

  test('names every problem, a line each', () => {
    expect(refusal(['--prot=1', '--reuse=maybe']).split('\n')).toHaveLength(2);
  });

  test('answers --help and --version whatever else is wrong', () => {
    expect(readConfig(['--prot', '--help'], { HEARTH_X: '1' }, ada).command).toBe('help');
    expect(readConfig(['--version'], {}, ada).command).toBe('version');
  });
});

test('the help text and the reference name every option, its variable and its choices', () => {
  for (const option of optionList) {
    for (const text of [helpText(), optionsReference()]) {
      expect(text).toContain(option.flag);
      expect(text).toContain(option.env);
      expect(text).toContain(option.description);
    }
  }
});
