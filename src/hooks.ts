/** What a webhook sets off: a time in the ManifestRepository's status, which wakes the leader's Canaries whichever replica was asked. */
import { parseManifestRepository } from './api/parse.ts';
import type { ReadSecret } from './metrics/port.ts';
import type { Cache, Clock, KubeObject } from './runtime/port.ts';
import { createHooks, type HookRequest } from './server/hooks.ts';

export interface RepositoryHookDependencies {
  readonly repositories: Pick<Cache<KubeObject>, 'get'>;
  readonly readSecret: ReadSecret;
  readonly operatorNamespace: string;
  /** Not fenced: a replica that only stands by is asked as often as the leader. */
  readonly writeStatus: (repository: string, status: Record<string, unknown>) => Promise<unknown>;
  readonly clock: Clock;
  readonly log: { warn(fields: object, message: string): void };
}

/** Key of the Secret that `spec.secretRef` names. */
const secretKey = 'webhookSecret';
/** So long a secret is remembered: who guesses makes no request to the API server for each guess. */
const rememberedMs = 10_000;
/** A burst of webhooks, as a push of many branches makes, is one look. */
const burstMs = 1_000;

export function createRepositoryHooks(
  deps: RepositoryHookDependencies,
): (request: HookRequest) => Promise<number> {
  const { repositories, readSecret, operatorNamespace, writeStatus, clock, log } = deps;
  const remembered = new Map<
    string,
    { readonly until: number; readonly secret: Promise<string | undefined> }
  >();
  const bursts = new Map<string, { more: boolean }>();

  async function read(name: string): Promise<string | undefined> {
    const secret = await readSecret(operatorNamespace, name);
    const text = secret?.[secretKey]?.toString('utf8').trim();
    // A short one can be guessed, and an empty one is known.
    return text === undefined || text.length < 16 ? undefined : text;
  }

  function secretOf(repository: string): Promise<string | undefined> {
    const object = repositories.get({ name: repository });
    const parsed = object === undefined ? undefined : parseManifestRepository(object);
    const name = parsed?.ok === true ? parsed.value.spec.secretRef?.name : undefined;
    if (name === undefined) return Promise.resolve(undefined);
    const now = clock.now();
    const known = remembered.get(name);
    if (known !== undefined && known.until > now && known.until <= now + rememberedMs) return known.secret;
    const secret = read(name);
    remembered.set(name, { until: now + rememberedMs, secret });
    secret.catch(() => remembered.delete(name));
    return secret;
  }

  async function patch(repository: string): Promise<void> {
    await writeStatus(repository, { lastHookAt: new Date(clock.now()).toISOString() });
  }

  /** The first of a burst at once, and what came after it once more at its end. */
  async function wake(repository: string): Promise<void> {
    const running = bursts.get(repository);
    if (running !== undefined) {
      running.more = true;
      return;
    }
    const burst = { more: false };
    bursts.set(repository, burst);
    clock.after(burstMs, () => {
      bursts.delete(repository);
      if (burst.more) wake(repository).catch(tell);
    });
    await patch(repository);
  }

  function tell(error: unknown): void {
    const why = error instanceof Error ? error.message : 'unknown error';
    log.warn({ why }, 'a webhook could not be passed on; the next look finds what it told of');
  }

  return createHooks({ secretOf, wake });
}
