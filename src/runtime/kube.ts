/** The API client: the KubeClient and WatchSource ports over the transport. */
import type { KubeConfig } from '@kubernetes/client-node';
import { monotonicNow } from './clock.ts';
import { ApiError, isNotFound, TerminalError, TransientError } from './errors.ts';
import { apiErrorOf, deliverLine, isKubeObject, linesOf, pageOf, parseJson, typed } from './kube-answer.ts';
import { keyText, pathOf, withQuery } from './kube-path.ts';
import type { DeleteOptions, KubeClient, KubeObject, ListOptions, ObjectKey, Resource } from './port.ts';
import type { Redactor } from './redact.ts';
import { type HttpRequest, Transport } from './transport.ts';
import type { ListResult, WatchHandler, WatchOptions, WatchSource } from './watch-source.ts';

const fieldManager = 'siskin';
const pageSize = 500;
const mebibyte = 1_024 * 1_024;
const largestList = 64 * mebibyte;
const largestObject = 16 * mebibyte;
const mostListRestarts = 3;

export interface KubeClientOptions {
  readonly kubeConfig: KubeConfig;
  /** The operator's version, told in the User-Agent. */
  readonly version: string;
  /** For one request, ms; 30 s when absent. */
  readonly timeoutMs?: number;
  readonly redactor?: Redactor;
  /** Milliseconds that only move forward, for the age of credentials; the process's own when absent. */
  readonly monotonicNow?: () => number;
  /** Counts every request; `code` is `<error>` when no answer came. */
  readonly onRequest?: (request: { method: string; code: string; host: string }) => void;
}

export interface ConnectedKubeClient extends KubeClient, WatchSource {
  /** Cuts running requests and closes the connections. */
  close(): Promise<void>;
}

/** TerminalError when the KubeConfig names no cluster or a proxy that is not HTTP. */
export function createKubeClient(options: KubeClientOptions): ConnectedKubeClient {
  return new HttpKubeClient(
    new Transport({
      kubeConfig: options.kubeConfig,
      userAgent: `siskin/${options.version}`,
      timeoutMs: options.timeoutMs ?? 30_000,
      redactor: options.redactor,
      now: options.monotonicNow ?? monotonicNow,
      onRequest: options.onRequest,
    }),
  );
}

class HttpKubeClient implements ConnectedKubeClient {
  private readonly transport: Transport;

  constructor(transport: Transport) {
    this.transport = transport;
  }

  async get<T extends KubeObject>(resource: Resource, key: ObjectKey): Promise<T | undefined> {
    const what = describe('get', resource, key);
    try {
      return await this.object<T>(what, resource, { method: 'GET', path: objectPath(resource, key) });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async list<T extends KubeObject>(resource: Resource, options: ListOptions = {}): Promise<T[]> {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as in `object` below
    const { items } = await this.listAll(resource, options, object => object as T);
    return items;
  }

  async listAll<T>(
    resource: Resource,
    options: ListOptions,
    keep: (object: KubeObject) => T | undefined,
  ): Promise<ListResult<T>> {
    for (let restarts = 0; ; restarts++) {
      try {
        return await this.listPages(resource, options, keep);
      } catch (error) {
        // The snapshot behind the continue token was compacted: only a list from the start is whole again.
        const expired = error instanceof ApiError && error.status === 410;
        if (!expired || restarts >= mostListRestarts) throw error;
      }
    }
  }

  async create<T extends KubeObject>(resource: Resource, object: T): Promise<T> {
    const { namespace } = object.metadata;
    const what = describe('create', resource, object.metadata);
    requireNamespace(what, resource, namespace);
    return this.object<T>(what, resource, {
      method: 'POST',
      path: withQuery(pathOf(resource, { namespace }), { fieldManager }),
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(typed(resource, object)),
    });
  }

  async apply<T extends KubeObject>(
    resource: Resource,
    object: T,
    options: { force?: boolean } = {},
  ): Promise<T> {
    return this.object<T>(describe('apply', resource, object.metadata), resource, {
      method: 'PATCH',
      path: withQuery(objectPath(resource, object.metadata), {
        fieldManager,
        force: options.force === true ? true : undefined,
      }),
      headers: { 'Content-Type': 'application/apply-patch+yaml' },
      body: JSON.stringify(typed(resource, object)),
    });
  }

  async patch<T extends KubeObject>(
    resource: Resource,
    key: ObjectKey,
    body: Record<string, unknown>,
    options: { subresource?: 'status' | 'scale' } = {},
  ): Promise<T> {
    const { subresource } = options;
    return this.object<T>(describe('patch', resource, key, subresource), resource, {
      method: 'PATCH',
      path: withQuery(objectPath(resource, key, subresource), { fieldManager }),
      headers: { 'Content-Type': 'application/merge-patch+json' },
      body: JSON.stringify(body),
    });
  }

  async delete(resource: Resource, key: ObjectKey, options: DeleteOptions = {}): Promise<void> {
    const what = describe('delete', resource, key);
    await this.json(what, {
      method: 'DELETE',
      path: objectPath(resource, key),
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        propagationPolicy: 'Background',
        preconditions: { uid: options.uid, resourceVersion: options.resourceVersion },
      }),
    });
  }

  async watch(resource: Resource, options: WatchOptions, handler: WatchHandler): Promise<void> {
    const what = describe('watch', resource, {
      name: '*',
      ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
    });
    const path = withQuery(pathOf(resource, options), {
      watch: true,
      allowWatchBookmarks: true,
      resourceVersion: options.resourceVersion,
      timeoutSeconds: options.timeoutSeconds,
      labelSelector: options.labelSelector,
      fieldSelector: options.fieldSelector,
    });
    try {
      const { signal, idleMs } = options;
      const answer = await this.transport.stream({ path, signal, idleMs });
      if (!isStream(answer)) throw apiErrorOf(what, answer);
      handler.opened();
      for await (const line of linesOf(answer, largestObject)) {
        deliverLine(what, resource, line, handler);
      }
    } catch (error) {
      if (options.signal.aborted) return;
      throw named(what, error);
    }
  }

  close(): Promise<void> {
    return this.transport.close();
  }

  private async listPages<T>(
    resource: Resource,
    options: ListOptions,
    keep: (object: KubeObject) => T | undefined,
  ): Promise<ListResult<T>> {
    const what = describe('list', resource, { name: '*', ...pick(options.namespace) });
    const items: T[] = [];
    for (let next: string | undefined; ; ) {
      const path = withQuery(pathOf(resource, pick(options.namespace)), {
        limit: pageSize,
        continue: next,
        labelSelector: options.labelSelector,
        fieldSelector: options.fieldSelector,
      });
      const page = pageOf(what, await this.json(what, { method: 'GET', path }, largestList));
      for (const item of page.items) {
        if (!isKubeObject(item)) throw new TransientError(`${what}: an item is not a Kubernetes object`);
        const kept = keep(typed(resource, item));
        if (kept !== undefined) items.push(kept);
      }
      next = page.next;
      if (next === undefined) return { items, resourceVersion: page.resourceVersion };
    }
  }

  private async object<T extends KubeObject>(
    what: string,
    resource: Resource,
    request: Omit<HttpRequest, 'maxBytes'>,
  ): Promise<T> {
    const value = await this.json(what, request);
    if (!isKubeObject(value)) throw new TransientError(`${what}: the answer is not a Kubernetes object`);
    // The port lets a caller name its type; adapters parse `spec` and `status` before they use them.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- where the wire meets the caller's type
    return typed(resource, value) as T;
  }

  private async json(
    what: string,
    request: Omit<HttpRequest, 'maxBytes'>,
    maxBytes = largestObject,
  ): Promise<unknown> {
    try {
      const answer = await this.transport.send({ ...request, maxBytes });
      if (answer.status >= 400) throw apiErrorOf(what, answer);
      const value = parseJson(answer.text);
      if (value === undefined || answer.status >= 300) {
        throw new TransientError(`${what}: status ${answer.status} with an answer that is not JSON`);
      }
      return value;
    } catch (error) {
      throw named(what, error);
    }
  }
}

function objectPath(resource: Resource, key: ObjectKey, subresource?: string): string {
  requireNamespace(describe('address', resource, key), resource, key.namespace);
  return pathOf(resource, { ...pick(key.namespace), name: key.name, subresource });
}

function requireNamespace(what: string, resource: Resource, namespace: string | undefined): void {
  if (resource.namespaced && (namespace === undefined || namespace === '')) {
    throw new TerminalError('NamespaceMissing', `${what}: ${resource.plural} live in a namespace`);
  }
}

function describe(verb: string, resource: Resource, key: ObjectKey, subresource?: string): string {
  const group = resource.group === '' ? '' : `.${resource.group}`;
  return `${verb} ${resource.plural}${group}${subresource === undefined ? '' : `/${subresource}`} ${keyText(key)}`;
}

function named(what: string, error: unknown): unknown {
  if (!(error instanceof TransientError) || error.message.startsWith(what)) return error;
  return new TransientError(`${what}: ${error.message}`, error.cause);
}

function isStream(answer: object): answer is AsyncIterable<Uint8Array> {
  return Symbol.asyncIterator in answer;
}

function pick(namespace: string | undefined): { namespace?: string } {
  return namespace === undefined ? {} : { namespace };
}
