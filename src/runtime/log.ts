/** JSON log lines on stdout which cannot carry a secret, a request body or a terminal escape. */
import { type DestinationStream, pino } from 'pino';
import { createRedactor, escapeControls, type Redactor } from './redact.ts';

/** What the operator writes its log with: fields first, then a constant message. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  /** A log whose every line carries `bindings` too. */
  child(bindings: Record<string, unknown>): Log;
}

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

const longestField = 2_048;
const mostEntries = 50;
const deepest = 4;
const longestCauseChain = 5;

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly redactor?: Redactor;
  /** Where lines go; stdout when absent. */
  readonly destination?: DestinationStream;
}

export function createLogger(options: LoggerOptions): Log {
  const redactor = options.redactor ?? createRedactor();
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      messageKey: 'msg',
      serializers: { err: value => value },
      formatters: {
        level: label => ({ level: label }),
        log: fields => cleanFields(fields, redactor),
        bindings: bindings => cleanFields(bindings, redactor),
      },
      hooks: {
        logMethod(args, method) {
          const last = args.at(-1);
          if (typeof last === 'string') args[args.length - 1] = cap(last, redactor);
          method.apply(this, args);
        },
      },
    },
    options.destination ?? pino.destination({ dest: 1, sync: true }),
  );
}

/** A log that swallows everything. */
export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLog,
};

/**
 * What may be told of an error: name, message, code, status and the same of its causes. Everything else an error
 * carries (axios puts the request's headers and body there) is left behind.
 */
function serializeError(error: unknown, redactor: Redactor): Record<string, unknown> {
  return describe(error, redactor, longestCauseChain);
}

function describe(error: unknown, redactor: Redactor, causesLeft: number): Record<string, unknown> {
  if (!(error instanceof Error)) {
    return { message: cap(typeof error === 'string' ? error : typeof error, redactor) };
  }
  const { code, status } = error as Error & { code?: unknown; status?: unknown };
  return {
    name: cap(error.name, redactor),
    message: cap(error.message, redactor),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(typeof status === 'number' ? { status } : {}),
    ...(error.cause === undefined || causesLeft === 0
      ? {}
      : { cause: describe(error.cause, redactor, causesLeft - 1) }),
  };
}

function cleanFields(fields: object, redactor: Redactor): Record<string, unknown> {
  const entries = Object.entries(fields).slice(0, mostEntries);
  return Object.fromEntries(entries.map(([key, value]) => [cap(key, redactor), clean(value, redactor, 1)]));
}

function clean(value: unknown, redactor: Redactor, depth: number): unknown {
  if (value instanceof Error) return serializeError(value, redactor);
  if (typeof value === 'string') return cap(value, redactor);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  if (depth >= deepest) return '…';
  if (Array.isArray(value)) {
    return value.slice(0, mostEntries).map(entry => clean(entry, redactor, depth + 1));
  }
  const entries = Object.entries(value).slice(0, mostEntries);
  return Object.fromEntries(
    entries.map(([key, entry]) => [cap(key, redactor), clean(entry, redactor, depth + 1)]),
  );
}

/** Redacts before it cuts: half a secret at the edge would pass unrecognised. */
function cap(text: string, redactor: Redactor): string {
  const redacted = redactor.redact(text.slice(0, 16 * longestField));
  const whole = escapeControls(redacted.slice(0, longestField));
  return redacted.length > longestField ? `${whole}…` : whole;
}
