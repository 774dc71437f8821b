/** An API server on a real socket with faults to order: what the client and the reflector must survive. */
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { KubeConfig } from '@kubernetes/client-node';
import { z } from 'zod';
import { FakeStore, type HistoryEvent, Refusal, StoredObject } from './fake-store.ts';

export interface FakeRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly watch: boolean;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

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

interface Watch {
  readonly response: ServerResponse;
  readonly collection: string;
  /** Only what is newer is told; a point in the future is taken and met with silence, as the real one does. */
  readonly from: number;
  frozen: boolean;
}

interface Place {
  readonly collection: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

/** How a client proves itself; with `ca` it trusts another authority than this server's. */
export interface FakeAuth {
  readonly token?: string;
  readonly tokenFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly ca?: string;
}

export interface FakeApiServerOptions {
  readonly tls?: {
    readonly key: string;
    readonly cert: string;
    readonly ca: string;
    readonly requestCert?: boolean;
  };
  /** Whether an expired watch is told by an ERROR event (as the real one mostly does) or by status 410. */
  readonly goneAs?: 'event' | 'status';
  /** Any free one when absent. */
  readonly port?: number;
}

export async function startFakeApiServer(options: FakeApiServerOptions = {}): Promise<FakeApiServer> {
  const server = new FakeApiServer(options);
  await server.listen();
  return server;
}

/** Objects live in `store`; a test may change them there as another client would. */
export class FakeApiServer implements AsyncDisposable {
  readonly store = new FakeStore();
  /** All requests in order of arrival. */
  readonly requests: FakeRequest[] = [];
  /** Collections whose CRD is not installed. */
  readonly absent = new Set<string>();
  /** When set, other bearer tokens get 401. */
  tokens: Set<string> | undefined;
  /** TCP connections accepted so far. */
  connections = 0;
  /** Common names of the client certificates, one per TLS connection. */
  readonly clients: string[] = [];
  private readonly options: FakeApiServerOptions;
  private readonly server;
  private readonly sockets = new Set<Socket>();
  private readonly watches = new Set<Watch>();
  private orders: Order[] = [];

  constructor(options: FakeApiServerOptions) {
    this.options = options;
    const listener: RequestListener = (request, response) => void this.serve(request, response);
    this.server =
      options.tls === undefined
        ? createServer(listener)
        : createTlsServer({ ...options.tls, rejectUnauthorized: false }, listener);
    this.server.on('secureConnection', (socket: TLSSocket) => {
      this.clients.push(String(socket.getPeerCertificate().subject?.CN ?? ''));
    });
    this.server.keepAliveTimeout = 0;
    this.server.on('connection', (socket: Socket) => {
      this.connections += 1;
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      socket.on('error', () => undefined);
    });
    this.store.listen(event => {
      for (const watch of this.watches) send(watch, event);
    });
  }

  get url(): string {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a TCP server's address is no string
    const { port } = this.server.address() as AddressInfo;
    return `${this.options.tls === undefined ? 'http' : 'https'}://localhost:${port}`;
  }

  get watchCount(): number {
    return this.watches.size;
  }

  listen(): Promise<void> {
    return new Promise(resolve => this.server.listen(this.options.port ?? 0, '127.0.0.1', resolve));
  }

  /** Closes all present connections; new ones are welcome. */
  dropConnections(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.dropConnections();
    await new Promise(resolve => this.server.close(resolve));
  }

  /** A kubeconfig that reaches this server; with a token file as in a Pod, or a fixed token. */
  kubeConfig(auth: FakeAuth = {}): KubeConfig {
    const config = new KubeConfig();
    const { tls } = this.options;
    const caData = tls === undefined ? {} : { caData: Buffer.from(auth.ca ?? tls.ca).toString('base64') };
    config.loadFromClusterAndUser(
      { name: 'fake', server: this.url, skipTLSVerify: tls === undefined, ...caData },
      {
        name: 'fake',
        ...(auth.token === undefined ? {} : { token: auth.token }),
        ...(auth.certFile === undefined ? {} : { certFile: auth.certFile }),
        ...(auth.keyFile === undefined ? {} : { keyFile: auth.keyFile }),
        ...(auth.tokenFile === undefined
          ? {}
          : { authProvider: { name: 'tokenFile', config: { tokenFile: auth.tokenFile } } }),
      },
    );
    return config;
  }

  /** The next `times` requests that match suffer `fault`; later orders wait for earlier ones to be used up. */
  inject(fault: Fault, when: (request: FakeRequest) => boolean = () => true, times = 1): void {
    this.orders.push({ fault, when, left: times });
  }

  /** Ends the injected faults. */
  heal(): void {
    this.orders = [];
  }

  /** What happens to the open watches; `freeze` leaves them open and mute, as a half-open connection is. */
  cutWatches(how: 'end' | 'reset' | 'truncate' | 'invalid' | 'freeze' | 'gone'): void {
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

  private async serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => undefined);
    const chunks: string[] = [];
    for await (const chunk of incoming.setEncoding('utf8')) chunks.push(String(chunk));
    const url = new URL(incoming.url ?? '/', 'http://fake');
    const request: FakeRequest = {
      method: incoming.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      watch: url.searchParams.get('watch') === 'true',
      headers: incoming.headers,
      body: chunks.join(''),
    };
    this.requests.push(request);
    const order = this.orders.find(order => order.left > 0 && order.when(request));
    if (order !== undefined) order.left -= 1;
    this.answer(request, response, order?.fault);
  }

  private answer(request: FakeRequest, response: ServerResponse, fault: Fault | undefined): void {
    if (fault?.kind === 'reset') return void response.socket?.resetAndDestroy();
    if (fault?.kind === 'black-hole') return;
    if (fault?.kind === 'status') {
      if (fault.retryAfter !== undefined) response.setHeader('Retry-After', fault.retryAfter);
      response.writeHead(fault.status);
      return void response.end(
        fault.body ?? JSON.stringify(statusOf(fault.status, 'Injected', 'injected fault')),
      );
    }
    if (fault?.kind === 'garbage') return void response.end(fault.body ?? '<html>proxy error</html>');
    if (fault?.kind === 'huge') return flood(response, fault.bytes);
    if (fault?.kind === 'slow-body') return dribble(response);
    try {
      const token = request.headers.authorization?.replace('Bearer ', '') ?? '';
      if (this.tokens !== undefined && !this.tokens.has(token)) {
        throw new Refusal(401, 'Unauthorized', 'Unauthorized');
      }
      const place = placeOf(request.path);
      if (place === undefined || this.absent.has(place.collection)) {
        throw new Refusal(404, 'NotFound', 'the server could not find the requested resource');
      }
      if (request.watch) return this.watch(request, place, response);
      const text = JSON.stringify(this.execute(request, place));
      if (fault?.kind === 'apply-then-cut') return void response.socket?.resetAndDestroy();
      response.setHeader('Content-Type', 'application/json');
      if (fault?.kind === 'truncate') return void response.end(text.slice(0, text.length / 2));
      response.end(text);
    } catch (error) {
      const refusal =
        error instanceof Refusal
          ? error
          : new Refusal(400, 'BadRequest', error instanceof Error ? error.message : '');
      response.writeHead(refusal.status, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify(statusOf(refusal.status, refusal.reason, refusal.message)));
    }
  }

  private execute(request: FakeRequest, place: Place): unknown {
    const { collection, namespace, name, subresource } = place;
    const body: unknown = request.body === '' ? {} : JSON.parse(request.body);
    if (request.method === 'POST') {
      const object = StoredObject.parse(body);
      return this.store.create(collection, { ...object, metadata: { ...object.metadata, ...at(namespace) } });
    }
    if (request.method === 'GET' && name === undefined) return this.page(request, place);
    if (name === undefined) throw new Refusal(405, 'MethodNotAllowed', 'not allowed on a collection');
    if (request.method === 'GET') {
      const found = this.store.get(collection, namespace, name);
      if (found === undefined) throw new Refusal(404, 'NotFound', `${collection} "${name}" not found`);
      return found;
    }
    if (request.method === 'DELETE') {
      const { preconditions } = z
        .object({
          preconditions: z
            .object({ uid: z.string().optional(), resourceVersion: z.string().optional() })
            .optional(),
        })
        .parse(body);
      this.store.delete(collection, namespace, name, preconditions);
      return statusOf(200, '', 'deleted');
    }
    return request.headers['content-type'] === 'application/apply-patch+yaml'
      ? this.store.apply(collection, namespace, name, body)
      : this.store.patch(collection, namespace, name, body, subresource);
  }

  private page(request: FakeRequest, place: Place): unknown {
    const selected = this.store
      .list(place.collection, place.namespace)
      .filter(object => matches(object, request.query.get('labelSelector')));
    const [from, version] = (request.query.get('continue') ?? `0:${this.store.version}`)
      .split(':')
      .map(Number);
    if (from === undefined || version === undefined || version < this.store.compactedAt) {
      throw new Refusal(410, 'Expired', 'The provided continue parameter is too old');
    }
    const to = from + Number(request.query.get('limit') ?? selected.length);
    return {
      kind: 'List',
      metadata: {
        resourceVersion: String(version),
        ...(to < selected.length ? { continue: `${to}:${version}` } : {}),
      },
      items: selected.slice(from, to),
    };
  }

  private watch(request: FakeRequest, place: Place, response: ServerResponse): void {
    const from = Number(request.query.get('resourceVersion'));
    const gone = from < this.store.compactedAt;
    if (gone && this.options.goneAs === 'status')
      throw new Refusal(410, 'Expired', 'too old resource version');
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

function send(
  watch: Watch & { namespace?: string | undefined; selector?: string | null },
  event: HistoryEvent,
): void {
  if (watch.frozen || event.collection !== watch.collection || event.version <= watch.from) return;
  if (watch.namespace !== undefined && watch.namespace !== event.object.metadata.namespace) return;
  const is = matches(event.object, watch.selector ?? null);
  const was = event.before !== undefined && matches(event.before, watch.selector ?? null);
  if (!is && !was) return;
  const type = !is ? 'DELETED' : was || event.type === 'DELETED' ? event.type : 'ADDED';
  watch.response.write(line(type, event.object));
}

function placeOf(path: string): Place | undefined {
  const parts = path.split('/').filter(Boolean).map(decodeURIComponent);
  const [root, ...rest] = parts;
  const group = root === 'apis' ? `${rest.shift() ?? ''}/` : '';
  const version = rest.shift();
  if ((root !== 'api' && root !== 'apis') || version === undefined) return undefined;
  const namespace = rest[0] === 'namespaces' && rest.length > 2 ? rest.splice(0, 2)[1] : undefined;
  const [plural, name, subresource] = rest;
  return plural === undefined
    ? undefined
    : { collection: `${group}${version}/${plural}`, namespace, name, subresource };
}

/** Equality selectors only. */
function matches(object: StoredObject, selector: string | null): boolean {
  const terms = (selector ?? '').split(',').filter(Boolean);
  return terms.every(term => {
    const [key = '', value] = term.split('=');
    return object.metadata.labels?.[key] === value;
  });
}

function statusOf(code: number, reason: string, message: string): object {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    status: code < 400 ? 'Success' : 'Failure',
    code,
    reason,
    message,
  };
}

function line(type: string, object: unknown): string {
  return `${JSON.stringify({ type, object })}\n`;
}

function at(namespace: string | undefined): { namespace?: string } {
  return namespace === undefined ? {} : { namespace };
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
