/** An API server on a real socket with faults to order: what the client and the reflector must survive. */
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { KubeConfig } from '@kubernetes/client-node';
import { execute, statusOf } from './fake-answers.ts';
import { type Fault, Orders, strike } from './fake-faults.ts';
import { type FakeRequest, placeOf } from './fake-request.ts';
import { FakeStore, Refusal } from './fake-store.ts';
import { Watches } from './fake-watches.ts';

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
  private readonly watches: Watches;
  private readonly orders = new Orders();

  constructor(options: FakeApiServerOptions) {
    this.options = options;
    this.watches = new Watches(this.store, options.goneAs ?? 'event');
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
  }

  get url(): string {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a TCP server's address is no string
    const { port } = this.server.address() as AddressInfo;
    return `${this.options.tls === undefined ? 'http' : 'https'}://localhost:${port}`;
  }

  get watchCount(): number {
    return this.watches.count;
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
    this.orders.add(fault, when, times);
  }

  /** Ends the injected faults. */
  heal(): void {
    this.orders.clear();
  }

  /** What happens to the open watches; `freeze` leaves them open and mute, as a half-open connection is. */
  cutWatches(how: Parameters<Watches['cut']>[0]): void {
    this.watches.cut(how);
  }

  /** Sends a bookmark of the present version on every watch. */
  bookmark(): void {
    this.watches.bookmark();
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
    this.answer(request, response, this.orders.take(request));
  }

  private answer(request: FakeRequest, response: ServerResponse, fault: Fault | undefined): void {
    if (strike(fault, response)) return;
    try {
      const token = request.headers.authorization?.replace('Bearer ', '') ?? '';
      if (this.tokens !== undefined && !this.tokens.has(token)) {
        throw new Refusal(401, 'Unauthorized', 'Unauthorized');
      }
      const place = placeOf(request.path);
      if (place === undefined || this.absent.has(place.collection)) {
        throw new Refusal(404, 'NotFound', 'the server could not find the requested resource');
      }
      if (request.watch) return this.watches.open(request, place, response);
      const text = JSON.stringify(execute(this.store, request, place));
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
}
