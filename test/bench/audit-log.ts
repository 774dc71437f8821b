/** The API server's audit log as a list of requests: one clock for what the operator, a user and the controllers did. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ApiRequest {
  readonly user: string;
  readonly verb: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly code: number;
  /** Milliseconds since the epoch with microseconds behind the point. */
  readonly receivedAt: number;
  readonly answeredAt: number;
}

interface Line {
  readonly stage: string;
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly objectRef?: {
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code?: number };
  readonly requestReceivedTimestamp: string;
  readonly stageTimestamp: string;
}

/** A request is logged a moment after its answer was sent. */
const settleMs = 300;

/** Date.parse drops what is finer than a millisecond. */
function milliseconds(timestamp: string): number {
  const fraction = /\.\d{3}(\d{3})/u.exec(timestamp)?.[1] ?? '0';
  return Date.parse(timestamp) + Number(fraction) / 1_000;
}

function requestOf(text: string): ApiRequest | undefined {
  const line: Line = JSON.parse(text);
  if (line.stage !== 'ResponseComplete' && line.stage !== 'ResponseStarted') return undefined;
  // A watch is told when it begins and again when it ends.
  if (line.stage === 'ResponseComplete' && line.verb === 'watch') return undefined;
  const { resource = '', subresource = '', namespace = '', name = '' } = line.objectRef ?? {};
  return {
    user: line.user.username,
    verb: line.verb,
    resource,
    subresource,
    namespace,
    name,
    code: line.responseStatus?.code ?? 0,
    receivedAt: milliseconds(line.requestReceivedTimestamp),
    answeredAt: milliseconds(line.stageTimestamp),
  };
}

export class AuditLog {
  private readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  /** The present end; what is read from there on happened later. */
  end(): number {
    const handle = openSync(this.file, 'r');
    const { size } = fstatSync(handle);
    closeSync(handle);
    return size;
  }

  async since(start: number): Promise<ApiRequest[]> {
    await sleep(settleMs);
    const handle = openSync(this.file, 'r');
    const buffer = Buffer.alloc(fstatSync(handle).size - start);
    const length = readSync(handle, buffer, 0, buffer.length, start);
    closeSync(handle);
    const text = buffer.subarray(0, length).toString();
    return text
      .slice(0, text.lastIndexOf('\n') + 1)
      .split('\n')
      .filter(line => line !== '')
      .map(requestOf)
      .filter(request => request !== undefined);
  }
}

const writes = new Set(['create', 'update', 'patch']);

export function isWrite({ verb, code }: ApiRequest): boolean {
  return writes.has(verb) && code < 300;
}

/** What an idle operator may do: keep its lease and its watches. */
export function isUpkeep({ verb, resource }: ApiRequest): boolean {
  return resource === 'leases' || verb === 'watch';
}
