/** One stream of requests at a fixed rate, sent whether or not earlier ones were answered, and counted second by second. */
import { Agent, request as sendRequest } from 'node:http';

export type StreamOptions = {
  url: string;
  rate: number;
  /** The Host header, when it is not the URL's. */
  host?: string;
  headers?: Record<string, string>;
  timeoutMs?: number;
};

export type Second = {
  /** Unix time of the second in which the requests were sent. */
  second: number;
  sent: number;
  /** Not sent because too many were still unanswered. */
  skipped: number;
  /** Answers by the `x-version` header ('' without one), then by HTTP status. */
  versions: Record<string, Record<string, number>>;
  /** Requests without an HTTP answer, by cause: ECONNREFUSED, ECONNRESET, timeout, … */
  transportErrors: Record<string, number>;
  /** A kept-alive connection was closed by the other side before the request reached it; sent again once, as browsers do. */
  resent: number;
  latencyMsSum: number;
  latencyMsMax: number;
};

const secondsKept = 3_600;
const unansweredAtMost = 2_000;
const tickMs = 5;

export class Stream {
  readonly options: StreamOptions;
  readonly seconds: Second[] = [];
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 256 });
  readonly #timer: NodeJS.Timeout;
  #unanswered = 0;
  #due = 0;
  #lastTick = performance.now();

  constructor(options: StreamOptions) {
    if (!(options.rate > 0 && options.rate <= 2_000))
      throw new Error('rate is between 0 and 2000 requests/s');
    if (!URL.canParse(options.url)) throw new Error(`${options.url} is not a URL`);
    this.options = options;
    this.#timer = setInterval(() => this.#tick(), tickMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#agent.destroy();
  }

  #tick(): void {
    const now = performance.now();
    // After a pause of this very process, sending a whole backlog at once would measure the pause, not the target.
    this.#due += Math.min((now - this.#lastTick) / 1000, 0.25) * this.options.rate;
    this.#lastTick = now;
    for (; this.#due >= 1; this.#due -= 1) this.#sendOne();
  }

  #current(): Second {
    const second = Math.floor(Date.now() / 1000);
    const last = this.seconds.at(-1);
    if (last?.second === second) return last;
    const empty = {
      sent: 0,
      skipped: 0,
      versions: {},
      transportErrors: {},
      resent: 0,
      latencyMsSum: 0,
      latencyMsMax: 0,
    };
    const fresh: Second = { second, ...empty };
    this.seconds.push(fresh);
    if (this.seconds.length > secondsKept) this.seconds.shift();
    return fresh;
  }

  #sendOne(): void {
    const bucket = this.#current();
    if (this.#unanswered >= unansweredAtMost) {
      bucket.skipped += 1;
      return;
    }
    bucket.sent += 1;
    this.#unanswered += 1;
    this.#send(bucket, performance.now(), true);
  }

  #send(bucket: Second, started: number, mayResend: boolean): void {
    const { url, host, headers = {}, timeoutMs = 10_000 } = this.options;
    let settled = false;
    const finish = (record: () => void): void => {
      if (settled) return;
      settled = true;
      this.#unanswered -= 1;
      record();
    };
    const fail = (cause: string): void =>
      finish(() => {
        bucket.transportErrors[cause] = (bucket.transportErrors[cause] ?? 0) + 1;
      });
    const sent = sendRequest(
      url,
      { agent: this.#agent, headers: { ...headers, ...(host === undefined ? {} : { host }) } },
      response => {
        response.resume();
        response.on('error', () => fail('cut'));
        response.on('end', () =>
          finish(() => {
            const version = String(response.headers['x-version'] ?? '');
            const statuses = (bucket.versions[version] ??= {});
            const status = String(response.statusCode);
            statuses[status] = (statuses[status] ?? 0) + 1;
            const latency = performance.now() - started;
            bucket.latencyMsSum += latency;
            bucket.latencyMsMax = Math.max(bucket.latencyMsMax, latency);
          }),
        );
      },
    );
    sent.setTimeout(timeoutMs, () => sent.destroy(Object.assign(new Error('timeout'), { code: 'timeout' })));
    sent.on('error', (error: NodeJS.ErrnoException) => {
      if (mayResend && !settled && sent.reusedSocket && error.code === 'ECONNRESET') {
        settled = true;
        bucket.resent += 1;
        this.#send(bucket, started, false);
      } else {
        fail(error.code ?? error.message);
      }
    });
    sent.end();
  }
}
