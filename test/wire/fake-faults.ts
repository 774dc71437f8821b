/** Faults to order, and those which take the place of an honest answer. */
import type { ServerResponse } from 'node:http';
import { statusOf } from './fake-answers.ts';
import type { FakeRequest } from './fake-request.ts';

/** What happens to a request instead of, or after, its honest answer. */
export type Fault =
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: string; readonly body?: string }
  /** RST before anything is done. */
  | { readonly kind: 'reset' }
  /** No answer, ever; the connection stays open. */
  | { readonly kind: 'black-hole' }
  /** The write is done, then RST. */
  | { readonly kind: 'apply-then-cut' }
  /** 200 with a body that is no JSON. */
  | { readonly kind: 'garbage'; readonly body?: string }
  /** The honest answer, cut in the middle. */
  | { readonly kind: 'truncate' }
  /** 200 and then one byte at a time, for ever. */
  | { readonly kind: 'slow-body' }
  /** 200 with this many bytes of list. */
  | { readonly kind: 'huge'; readonly bytes: number };

interface Order {
  readonly when: (request: FakeRequest) => boolean;
  readonly fault: Fault;
  left: number;
}

export class Orders {
  private orders: Order[] = [];

  /** The next `times` requests that match suffer `fault`; later orders wait for earlier ones to be used up. */
  add(fault: Fault, when: (request: FakeRequest) => boolean, times: number): void {
    this.orders.push({ fault, when, left: times });
  }

  clear(): void {
    this.orders = [];
  }

  /** The fault which this request is to suffer; it counts as used. */
  take(request: FakeRequest): Fault | undefined {
    const order = this.orders.find(candidate => candidate.left > 0 && candidate.when(request));
    if (order !== undefined) order.left -= 1;
    return order?.fault;
  }
}

/** Answers with the fault, if it is one in place of an answer; false where the honest one is wanted first. */
export function strike(fault: Fault | undefined, response: ServerResponse): boolean {
  if (fault === undefined || fault.kind === 'apply-then-cut' || fault.kind === 'truncate') return false;
  if (fault.kind === 'reset') response.socket?.resetAndDestroy();
  if (fault.kind === 'status') {
    if (fault.retryAfter !== undefined) response.setHeader('Retry-After', fault.retryAfter);
    response.writeHead(fault.status);
    response.end(fault.body ?? JSON.stringify(statusOf(fault.status, 'Injected', 'injected fault')));
  }
  if (fault.kind === 'garbage') response.end(fault.body ?? '<html>proxy error</html>');
  if (fault.kind === 'huge') flood(response, fault.bytes);
  if (fault.kind === 'slow-body') dribble(response);
  return true;
}

function flood(response: ServerResponse, bytes: number): void {
  const block = Buffer.alloc(1_048_576, ' ');
  let left = bytes;
  function pour(): void {
    while (left > 0 && !response.destroyed) {
      left -= block.length;
      if (!response.write(block)) return void response.once('drain', pour);
    }
    response.end();
  }
  pour();
}

function dribble(response: ServerResponse): void {
  const timer = setInterval(() => response.write(' '), 20);
  response.on('close', () => clearInterval(timer));
}
