/**
 * An event as rules see it and targets get it.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
 */
export interface BusEvent {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  /** Of whoever put it on the bus. */
  readonly account: string;
  readonly time: string;
  /** Of the bus. */
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: object;
}

/** AWS: to the second. */
export function eventTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
