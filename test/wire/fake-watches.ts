/** The open watches of the fake API server, which a test may cut, freeze or bookmark. */
import type { ServerResponse } from 'node:http';
import { statusOf } from './fake-answers.ts';
import { type FakeRequest, matches, type Place } from './fake-request.ts';
import { type FakeStore, type HistoryEvent, Refusal } from './fake-store.ts';

interface Watch {
  readonly response: ServerResponse;
  readonly collection: string;
  /** Undefined for all of them. */
  readonly namespace: string | undefined;
  readonly selector: string | null;
  /** Only what is newer is told; a point in the future is taken and met with silence, as the real one does. */
  readonly from: number;
  frozen: boolean;
}

export class Watches {
  private readonly watches = new Set<Watch>();
  private readonly store: FakeStore;
  private readonly goneAs: 'event' | 'status';

  constructor(store: FakeStore, goneAs: 'event' | 'status') {
    this.store = store;
    this.goneAs = goneAs;
    store.listen(event => {
      for (const watch of this.watches) send(watch, event);
    });
  }

  get count(): number {
    return this.watches.size;
  }

  /** What happens to the open watches; `freeze` leaves them open and mute, as a half-open connection is. */
  cut(how: 'end' | 'reset' | 'truncate' | 'invalid' | 'freeze' | 'gone'): void {
    for (const watch of this.watches) {
      const { response } = watch;
      if (how === 'end') response.end();
      if (how === 'reset') response.socket?.resetAndDestroy();
      if (how === 'truncate') response.end('{"type":"ADDED","object":{"meta');
      if (how === 'invalid') response.write('{"type":"ADDED","object":\n');
      if (how === 'freeze') watch.frozen = true;
      if (how === 'gone') response.end(line('ERROR', statusOf(410, 'Expired', 'too old resource version')));
    }
  }

  /** Sends a bookmark of the present version on every watch. */
  bookmark(): void {
    for (const watch of this.watches) {
      if (!watch.frozen && this.store.version > watch.from) {
        watch.response.write(line('BOOKMARK', { metadata: { resourceVersion: String(this.store.version) } }));
      }
    }
  }

  /** Throws Refusal where an expired watch is to be told by its status. */
  open(request: FakeRequest, place: Place, response: ServerResponse): void {
    const from = Number(request.query.get('resourceVersion'));
    const gone = from < this.store.compactedAt;
    if (gone && this.goneAs === 'status') throw new Refusal(410, 'Expired', 'too old resource version');
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.flushHeaders();
    if (gone) return void response.end(line('ERROR', statusOf(410, 'Expired', 'too old resource version')));
    const selector = request.query.get('labelSelector');
    const watch = {
      response,
      from,
      collection: place.collection,
      namespace: place.namespace,
      selector,
      frozen: false,
    };
    this.watches.add(watch);
    const timer = setTimeout(
      () => response.end(),
      Number(request.query.get('timeoutSeconds') ?? 600) * 1_000,
    );
    response.on('close', () => {
      clearTimeout(timer);
      this.watches.delete(watch);
    });
    for (const event of this.store.since(from)) send(watch, event);
  }
}

function send(watch: Watch, event: HistoryEvent): void {
  if (watch.frozen || event.collection !== watch.collection || event.version <= watch.from) return;
  if (watch.namespace !== undefined && watch.namespace !== event.object.metadata.namespace) return;
  const is = matches(event.object, watch.selector);
  const was = event.before !== undefined && matches(event.before, watch.selector);
  if (!is && !was) return;
  const type = !is ? 'DELETED' : was || event.type === 'DELETED' ? event.type : 'ADDED';
  watch.response.write(line(type, event.object));
}

function line(type: string, object: unknown): string {
  return `${JSON.stringify({ type, object })}\n`;
}
