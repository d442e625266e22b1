/** How old events are when their handler begins: it tells that to its log, which is read once they have all run. */
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { setTimeout as sleep } from 'node:timers/promises';
import { clientSettings } from '../packages/testkit/src/client-settings.ts';
import type { TestServer } from '../packages/testkit/src/start-server.ts';

/** A module whose events have a `sentAt`. */
export const AGES_MODULE = `export const handler = async ({ sentAt }) => {
  const now = Date.now();
  console.log('AGE', now - sentAt, now);
};`;

const MOST_MS = 300_000;

export interface HandlerStart {
  readonly ageMs: number;
  readonly atMs: number;
}

export class HandlerAges {
  readonly #server: TestServer;
  readonly #logs: CloudWatchLogsClient;
  readonly #group: string;
  #fromMs = Date.now();
  #endedBefore = 0;

  constructor(server: TestServer, functionName: string) {
    this.#server = server;
    this.#group = `/aws/lambda/${functionName}`;
    this.#logs = new CloudWatchLogsClient(clientSettings(server.endpoint));
  }

  /** Those from now on count. */
  async clear(): Promise<void> {
    this.#fromMs = Date.now();
    this.#endedBefore = await this.#ended();
  }

  /** Once so many have run. Other functions' invocations count as well while it waits. */
  async all(count: number): Promise<readonly HandlerStart[]> {
    const untilMs = Date.now() + MOST_MS;
    for (let ended = 0; ended < count;) {
      if (Date.now() > untilMs) throw new Error(`${ended} of ${count} events have run.`);
      await sleep(50);
      ended = (await this.#ended()) - this.#endedBefore;
    }
    for (;;) {
      const starts = await this.#read();
      if (starts.length >= count) return starts;
      if (Date.now() > untilMs)
        throw new Error(`${starts.length} of ${count} events are in the log.`);
      await sleep(200);
    }
  }

  close(): void {
    this.#logs.destroy();
  }

  async #ended(): Promise<number> {
    const answer = await fetch(`${this.#server.endpoint}/_hearth/metrics`);
    const lines = (await answer.text()).split('\n');
    return lines
      .filter((line) => line.startsWith('hearth_invocations_total{'))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }

  async #read(): Promise<readonly HandlerStart[]> {
    const starts: HandlerStart[] = [];
    for (let nextToken: string | undefined, isFirst = true; isFirst || nextToken; isFirst = false) {
      const page = await this.#logs.send(
        new FilterLogEventsCommand({
          logGroupName: this.#group,
          filterPattern: 'AGE',
          startTime: this.#fromMs,
          nextToken,
        }),
      );
      for (const { message = '' } of page.events ?? []) {
        const [, ageMs = '', atMs = ''] = /AGE (\d+) (\d+)/.exec(message) ?? [];
        starts.push({ ageMs: Number(ageMs), atMs: Number(atMs) });
      }
      nextToken = page.nextToken;
    }
    return starts;
  }
}
