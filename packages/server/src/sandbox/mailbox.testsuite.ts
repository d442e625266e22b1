/** The contract of every sandbox driver, where a sandbox sends datagrams. */
import { describe, expect, test } from 'vitest';
import { SandboxFailure, type Sandbox } from './driver.ts';
import { useDriver, type DriverSuite } from './driver-under-test.testsuite.ts';
import { nodeProgram, startProgram } from './run-program.testsuite.ts';

const mailboxes = [{ name: 'daemon', port: 2000 }];

/** Sends each as one datagram, after the other; ends when all have been sent. */
const sends = `
  const [address, count, text] = process.argv.slice(1);
  const [host, port] = address.split(':');
  const socket = require('node:dgram').createSocket('udp4');
  const send = (left) => left === 0
    ? socket.close()
    : socket.send(text + left, Number(port), host, () => send(left - 1));
  send(Number(count));`;

export function describeMailboxes(name: string, suite: DriverSuite): void {
  describe(`mailboxes of a sandbox: ${name}`, () => {
    const tested = useDriver(suite);

    /** One that has sent so many and has ended. */
    async function sender(count: number, text: string): Promise<Sandbox> {
      const sandbox = await tested.create({ mailboxes });
      const program = nodeProgram(sends, sandbox.address('daemon'), String(count), text);
      const output = await startProgram(sandbox, program);
      expect({ exit: await sandbox.exited, stderr: output.stderr() }).toMatchObject({
        exit: { code: 0 },
        stderr: '',
      });
      return sandbox;
    }

    const texts = (datagrams: readonly Uint8Array[]): readonly string[] =>
      datagrams.map((each) => Buffer.from(each).toString());

    test('what was sent is there, once, in order, from this sandbox alone', async () => {
      const [first, second] = await Promise.all([sender(3, 'one '), sender(2, 'two ')]);
      expect(texts(await first.collect('daemon'))).toEqual(['one 3', 'one 2', 'one 1']);
      expect(texts(await second.collect('daemon'))).toEqual(['two 2', 'two 1']);
      expect(await first.collect('daemon')).toEqual([]);
    });

    test('a flood is cut off, and harms nobody', async () => {
      const sandbox = await sender(20_000, 'x'.repeat(1_000));
      const taken = await sandbox.collect('daemon');
      expect(taken.length).toBeGreaterThan(0);
      expect(Buffer.concat(taken).length).toBeLessThan(4_194_304);
      const other = await sender(1, 'other ');
      expect(texts(await other.collect('daemon'))).toEqual(['other 1']);
    });

    test('nothing is taken from one that was destroyed', async () => {
      const sandbox = await sender(1, '');
      await sandbox.destroy('as asked');
      await expect(sandbox.collect('daemon')).rejects.toThrow(SandboxFailure);
    });
  });
}
