/** A gateway's counters: requests in the weights that the route has, errors as a story tells, scraped as Prometheus would. */
import { Deployments } from '../../src/api/resources.ts';
import type { RawSeries, SeriesAnswer, SeriesReader } from '../../src/metrics/port.ts';
import { isChosen } from '../../src/metrics/series/merge.ts';
import type { ObjectKey } from '../../src/runtime/port.ts';
import { imageOf, replicasOf } from './deployments.ts';
import type { Gate } from './gate.ts';
import { createRandom } from './random.ts';
import type { World } from './world.ts';

export interface Story {
  readonly requestsPerSecond: number;
  readonly scrapeMs: number;
  /** Share of failed requests of an image, by seconds since the beginning. */
  readonly errors: (image: string, at: number) => number;
  /** What every pod of an image shows as `memory_bytes`; not there unless told. */
  readonly gauge?: (image: string, at: number) => number;
  /** Between these seconds nothing is scraped and nobody answers. */
  readonly gone?: readonly [from: number, until: number];
  /** Before this second nobody asks for anything. */
  readonly quietUntil?: number;
  readonly seed?: number;
}

export interface Traffic {
  /** Begins to send requests. */
  begin(story: Story): void;
  /** Requests that the canary failed so far, and all that it got. */
  failed(): number;
  served(): number;
  reader(gate: Gate): SeriesReader;
}

interface Counter {
  readonly side: 'canary' | 'primary';
  readonly code: string;
  value: number;
  readonly samples: [number, number][];
}

function labelsOf({ side, code }: Counter, { namespace, name }: ObjectKey): Record<string, string> {
  return {
    __name__: 'traefik_service_requests_total',
    service: `${namespace ?? ''}-${name}-${side}-http-9898@kubernetesgateway`,
    code,
    instance: 'gateway:8080',
    job: 'gateway',
  };
}

/** Two pods of each side that run, named as Kubernetes names them. */
const podSuffixes = ['bcdf4567-xzw24', 'bcdf4567-xzw25'];

/** `target`: the workload whose canary and primary answer. */
export function createTraffic(world: World, target: ObjectKey): Traffic {
  const primary = { ...target, name: `${target.name}-primary` };
  const counters = new Map<string, Counter>();
  const pods = new Map<string, { labels: Record<string, string>; samples: [number, number][] }>();
  let story: Story | undefined;

  function count(side: Counter['side'], code: string, requests: number): void {
    if (requests === 0) return;
    const key = `${side} ${code}`;
    const counter = counters.get(key) ?? { side, code, value: 0, samples: [] };
    counter.value += requests;
    counters.set(key, counter);
  }

  function isGone(): boolean {
    const [from, until] = story?.gone ?? [0, 0];
    return world.seconds() >= from && world.seconds() < until;
  }

  function serve({ requestsPerSecond, errors, quietUntil = 0 }: Story, random: () => number): void {
    if (world.seconds() < quietUntil) return;
    const weight = world.gateway.effective(target.namespace ?? '', target.name)?.canary ?? 0;
    const images = {
      canary: imageOf(world.kube.peek(Deployments, target)),
      primary: imageOf(world.kube.peek(Deployments, primary)),
    };
    for (let request = 0; request < requestsPerSecond; request += 1) {
      const side = random() * 100 < weight ? 'canary' : 'primary';
      count(side, random() < errors(images[side], world.seconds()) ? '500' : '200', 1);
    }
  }

  function show({ gauge }: Story): void {
    for (const key of gauge === undefined ? [] : [target, primary]) {
      const deployment = world.kube.peek(Deployments, key);
      if (gauge === undefined || replicasOf(deployment) === 0) continue;
      for (const suffix of podSuffixes) {
        const pod = `${key.name}-${suffix}`;
        const labels = { __name__: 'memory_bytes', namespace: key.namespace ?? '', pod };
        const fresh: { labels: typeof labels; samples: [number, number][] } = { labels, samples: [] };
        const series = pods.get(pod) ?? fresh;
        series.samples.push([world.clock.now(), gauge(imageOf(deployment), world.seconds())]);
        pods.set(pod, series);
      }
    }
  }

  function every(ms: number, act: () => void): void {
    world.clock.after(ms, () => {
      act();
      every(ms, act);
    });
  }

  function ask(from: number, at: number): RawSeries[] {
    const all = [...counters.values()].map(counter => ({ ...counter, labels: labelsOf(counter, target) }));
    return [...all, ...pods.values()].flatMap(({ labels, samples }) => {
      const within = samples.filter(([time]) => time > from && time <= at);
      return within.length === 0 ? [] : [{ labels, samples: within }];
    });
  }

  return {
    begin(told) {
      story = told;
      const random = createRandom(told.seed ?? 1);
      every(1_000, () => serve(told, () => random.next()));
      every(told.scrapeMs, () => {
        if (isGone()) return;
        show(told);
        for (const { samples, value } of counters.values()) samples.push([world.clock.now(), value]);
      });
    },
    failed: () => counters.get('canary 500')?.value ?? 0,
    served: () => ['200', '500'].reduce((sum, code) => sum + (counters.get(`canary ${code}`)?.value ?? 0), 0),
    reader: gate => ({
      read: ({ selectors, from, at }) =>
        gate
          .pass({ what: 'read series', mutates: false, remote: true }, (): SeriesAnswer[] =>
            selectors.map(selector =>
              isGone()
                ? { kind: 'error', why: 'prometheus: connection refused' }
                : {
                    kind: 'series',
                    series: ask(from, at).filter(({ labels }) => isChosen(selector, labels)),
                  },
            ),
          )
          .catch((error: unknown) => selectors.map(() => ({ kind: 'error' as const, why: String(error) }))),
    }),
  };
}
