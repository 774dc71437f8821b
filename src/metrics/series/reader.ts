/** Reads raw samples for many Canaries with few queries: what is asked of one server within a moment goes out together. */
import type { Clock } from '../../runtime/port.ts';
import type { SeriesAnswer, SeriesReader, SeriesRequest } from '../port.ts';
import type { Prometheus } from '../prometheus.ts';
import { type Servers, sayWhy } from '../servers.ts';
import type { Selector } from '../vantage/port.ts';
import { selectorText } from '../vantage/selector.ts';
import { chooserOf, mergeSelectors } from './merge.ts';

/** Canaries behind one gateway look right after its scrape, so they come within a moment of each other. */
const gatherMs = 25;
/** Windows are rounded up to this, twice this, four times and so on: so many are equal, and asked for together. */
const leastWindowMs = 30_000;

interface Waiting {
  readonly selectors: readonly Selector[];
  readonly at: number;
  readonly resolve: (answers: readonly SeriesAnswer[]) => void;
}

interface Gathering {
  readonly server: Prometheus;
  readonly windowMs: number;
  readonly waiting: Waiting[];
}

export function createSeriesReader(deps: {
  readonly servers: Servers;
  readonly clock: Pick<Clock, 'after'>;
}): SeriesReader {
  const gathering = new Map<Prometheus, Map<number, Gathering>>();

  function join(server: Prometheus, request: SeriesRequest): Promise<readonly SeriesAnswer[]> {
    const { selectors, at } = request;
    const windowMs =
      leastWindowMs * 2 ** Math.max(0, Math.ceil(Math.log2((at - request.from) / leastWindowMs)));
    const byWindow = gathering.get(server) ?? new Map<number, Gathering>();
    gathering.set(server, byWindow);
    return new Promise(resolve => {
      const open = byWindow.get(windowMs);
      if (open !== undefined) {
        open.waiting.push({ selectors, at, resolve });
        return;
      }
      const fresh = { server, windowMs, waiting: [{ selectors, at, resolve }] };
      byWindow.set(windowMs, fresh);
      deps.clock.after(gatherMs, () => {
        byWindow.delete(windowMs);
        if (byWindow.size === 0) gathering.delete(server);
        void answer(fresh);
      });
    });
  }

  return {
    async read(request) {
      try {
        const server = await deps.servers.find(request);
        if (!('problem' in server)) return await join(server, request);
        return request.selectors.map(() => ({ kind: 'error', why: server.problem }));
      } catch (error) {
        const failure = sayWhy(error, 'the samples could not be read');
        return request.selectors.map(() => failure);
      }
    },
  };
}

async function answer({ server, windowMs, waiting }: Gathering): Promise<void> {
  const at = Math.max(...waiting.map(each => each.at));
  const merged = mergeSelectors(
    waiting.flatMap(({ selectors }) => selectors),
    windowMs,
  );
  const answers = await Promise.all(
    merged.map(async ({ selector, covers, key }) => {
      const answered = await server.range(`${selectorText(selector)}[${windowMs / 1_000}s]`, at);
      return { covers, choose: choiceOf(answered, key) };
    }),
  );
  const choices = new Map(answers.flatMap(({ covers, choose }) => [...covers].map(text => [text, choose])));
  for (const { selectors, resolve } of waiting) {
    resolve(
      selectors.map(
        selector => choices.get(selectorText(selector))?.(selector) ?? { kind: 'series', series: [] },
      ),
    );
  }
}

function choiceOf(answered: SeriesAnswer, key: string | undefined): (selector: Selector) => SeriesAnswer {
  if (answered.kind !== 'series') return () => answered;
  const choose = chooserOf(key === undefined ? {} : { key }, answered.series);
  return selector => ({ kind: 'series', series: choose(selector) });
}
