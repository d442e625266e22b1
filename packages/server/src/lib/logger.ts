/**
 * The platform's own log: structured, one line per event, passed and never imported.
 * Function output never goes here.
 */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** A logger whose every line also carries these fields. */
  with(fields: LogFields): Logger;
}

const severity: Record<LogLevel, number> = { debug: 10, info: 20, warn: 30, error: 40 };

export function createLogger(
  write: (line: string) => void,
  least: LogLevel,
  context: LogFields = {},
): Logger {
  const log = (level: LogLevel, event: string, fields: LogFields | undefined): void => {
    if (severity[level] < severity[least]) return;
    const time = new Date().toISOString();
    write(JSON.stringify({ time, level, event, ...context, ...fields }, replaceErrors));
  };
  return {
    debug: (event, fields) => log('debug', event, fields),
    info: (event, fields) => log('info', event, fields),
    warn: (event, fields) => log('warn', event, fields),
    error: (event, fields) => log('error', event, fields),
    with: (fields) => createLogger(write, least, { ...context, ...fields }),
  };
}

export const silentLogger: Logger = createLogger(() => {}, 'error');

function replaceErrors(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  const { name, message, stack, cause } = value;
  return { name, message, stack, ...(cause === undefined ? {} : { cause }) };
}
