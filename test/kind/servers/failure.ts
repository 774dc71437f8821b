/** Lets a test tell a server to fail: refuse, rate-limit, hang or cut the connection, for a number of requests or until told otherwise. */
import type { ServerResponse } from 'node:http';
import { answerText } from './http.ts';

export const failureModes = ['none', 'refuse', 'rate-limit', 'hang', 'reset'] as const;

export type FailureOrder = { mode: (typeof failureModes)[number]; count?: number };

export class Failure {
  #order: FailureOrder = { mode: 'none' };

  set(order: FailureOrder): void {
    if (!failureModes.includes(order.mode)) throw new Error(`mode is one of ${failureModes.join(', ')}`);
    this.#order = { ...order };
  }

  /** True when the request was spent on failing. */
  inject(response: ServerResponse): boolean {
    const { mode, count } = this.#order;
    if (mode === 'none' || count === 0) return false;
    if (count !== undefined) this.#order.count = count - 1;
    if (mode === 'refuse') answerText(response, 503, 'told to refuse\n');
    if (mode === 'rate-limit') {
      response.setHeader('retry-after', '1');
      answerText(response, 429, 'told to limit\n');
    }
    if (mode === 'reset') response.destroy();
    return true;
  }
}
