/** Booted runtimes without isolation: what the function finds is what it finds in a process of its own. */
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RuntimeCatalogue } from '@hearth/runtimes';
import { openInTest } from '../../../../runtimes/src/open-in-test.ts';
import { systemClock } from '../../lib/clock.ts';
import { silentLogger } from '../../lib/logger.ts';
import type { SandboxDriver } from '../../sandbox/driver.ts';
import { startProcessDriver } from '../../sandbox/process/start-process-driver.ts';
import { jsonOf, poolIsReady, refusalsThrow, startStage } from '../stage.testsuite.ts';

const NODE = `
const fs = require('node:fs');
const { library } = require('of-layer');
exports.handler = async () => {
  fs.writeFileSync(require('node:os').tmpdir() + '/mark', 'mine');
  return {
    cwd: process.cwd(), folder: __dirname, root: fs.realpathSync(process.env.LAMBDA_TASK_ROOT),
    beside: fs.readFileSync('beside.txt', 'utf8'), table: process.env.TABLE,
    library, imported: (await import('of-layer')).library,
    program: require('node:child_process').execFileSync('layer-tool', { encoding: 'utf8' }).trim(),
    sdk: typeof require('@aws-sdk/client-s3').S3Client,
    marks: fs.readdirSync(process.env.TMPDIR),
  };
};`;

const PYTHON = `
import os, subprocess, tempfile
from of_layer import library
from beside import word
def handler(event, context):
    with open(tempfile.gettempdir() + "/mark", "w") as mark:
        mark.write("mine")
    return {
        "cwd": os.getcwd(), "folder": os.path.realpath(os.path.dirname(__file__)), "root": os.path.realpath(os.environ["LAMBDA_TASK_ROOT"]),
        "beside": word, "table": os.environ["TABLE"], "library": library, "imported": library,
        "program": subprocess.check_output(["layer-tool"], text=True).strip(),
        "sdk": "function", "marks": os.listdir(os.environ["TMPDIR"]),
    }`;

describe('booted runtimes without isolation', () => {
  let folder: string;
  let driver: SandboxDriver;
  let runtimes: RuntimeCatalogue;

  beforeAll(async () => {
    folder = await realpath(await mkdtemp(path.join(tmpdir(), 'hearth-pool-')));
    const files = {
      'node/index.js': NODE,
      'node/beside.txt': 'beside',
      'python/index.py': PYTHON,
      'python/beside.py': "word = 'beside'",
      'layer/nodejs/node_modules/of-layer/index.js': "exports.library = 'of the layer';",
      'layer/python/of_layer.py': "library = 'of the layer'",
      'layer/bin/layer-tool': '#!/bin/sh\necho ran\n',
    };
    for (const [name, text] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
      await writeFile(path.join(folder, name), text, { mode: 0o755 });
    }
    runtimes = await openInTest();
    driver = await startProcessDriver({
      folder: path.join(folder, 'sandboxes'),
      clock: systemClock,
      logger: silentLogger,
    });
  });
  afterAll(async () => {
    await driver.close();
    await rm(folder, { recursive: true });
  });

  for (const [runtime, code] of [
    ['nodejs26.x', 'node'],
    ['python3.11', 'python'],
  ] as const) {
    test(`a function of ${runtime} finds the same, whether it was booted ahead or not`, async () => {
      for (const bootedOfEach of [0, 1]) {
        await using stage = await open(bootedOfEach);
        const { invoker, version, invoke, sandboxes } = stage;
        if (bootedOfEach > 0) await poolIsReady(invoker, runtime);
        const sees = version('index.handler', {
          name: 'sees',
          runtime,
          code: { sha256: code, sizeBytes: 1 },
          layers: [{ arn: 'l', code: { sha256: 'layer', sizeBytes: 1 } }],
          environment: { TABLE: 'orders' },
        });
        const place = path.join(folder, code);
        expect(jsonOf(await invoke(sees))).toEqual({
          ...{ cwd: place, folder: place, root: place, beside: 'beside', table: 'orders' },
          ...{ library: 'of the layer', imported: 'of the layer', program: 'ran' },
          ...{ sdk: 'function', marks: ['mark'] },
        });
        const [first] = sandboxes;
        expect(first?.id.startsWith('pool-')).toBe(bootedOfEach > 0);
      }
    });
  }

  const open = async (
    bootedOfEach: number,
  ): Promise<Awaited<ReturnType<typeof startStage>> & AsyncDisposable> => {
    const stage = await startStage(driver, folder, {
      runtimes,
      settings: { bootedOfEach },
      logger: refusalsThrow,
    });
    return { ...stage, [Symbol.asyncDispose]: () => stage.invoker.close() };
  };
});
