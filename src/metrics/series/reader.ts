/** Reads raw samples for many Canaries with few queries: what is asked of one server within a moment goes out together. */
import type { Clock } from '../../runtime/port.ts';
import type { SeriesAnswer, SeriesReader, SeriesRequest } from '../port.ts';
import type { Prometheus } from '../prometheus.ts';
import { type Servers, sayWhy } from '../servers.ts';
import type { Selector } from '../vantage/port.ts';
import { selectorText } from '../vantage/selector.ts';
import { createSeriesMemory, type SeriesMemory, type Wanted } from './memory.ts';
import { chooserOf, mergeSelectors } from './merge.ts';

/** Canaries behind one gateway look right after its scrape, so they come within a moment of each other. */
const gatherMs = 25;
/** Windows are rounded up to this, twice this, four times and so on: so many are equal, and asked for together. */
const leastWindowMs = 30_000;

interface Waiting {
  readonly request: SeriesRequest;
  readonly resolve: (answers: readonly SeriesAnswer[]) => void;
}

interface Choice extends Wanted {
  readonly selector: Selector;
}

const nothing: SeriesAnswer = { kind: 'series', series: [] };

/** Samples that were read before are remembered; what is answered is the same as if all had been asked for. */
export function createSeriesReader(deps: {
  readonly servers: Servers;
  readonly clock: Pick<Clock, 'after'>;
}): SeriesReader {
  const gathering = new Map<string, Waiting[]>();
  const memories = new WeakMap<Prometheus, SeriesMemory>();

  function memoryOf(server: Prometheus): SeriesMemory {
    const known = memories.get(server) ?? createSeriesMemory();
    memories.set(server, known);
    return known;
  }

  /** They all name the server that this request names. */
  async function answerAll(request: SeriesRequest, waiting: readonly Waiting[]): Promise<void> {
    try {
      const server = await deps.servers.find(request);
      if ('problem' in server) tellAll(waiting, { kind: 'error', why: server.problem });
      else await answer(server, memoryOf(server), waiting);
    } catch (error) {
      tellAll(waiting, sayWhy(error, 'the samples could not be read'));
    }
  }

  return {
    async read(request) {
      const { metricsServer = '' } = request;
      return new Promise(resolve => {
        const open = gathering.get(metricsServer);
        if (open !== undefined) {
          open.push({ request, resolve });
          return;
        }
        const fresh = [{ request, resolve }];
        gathering.set(metricsServer, fresh);
        deps.clock.after(gatherMs, () => {
          gathering.delete(metricsServer);
          void answerAll(request, fresh);
        });
      });
    },
  };
}

function tellAll(waiting: readonly Waiting[], failure: SeriesAnswer): void {
  for (const { request, resolve } of waiting) resolve(request.selectors.map(() => failure));
}

async function answer(server: Prometheus, memory: SeriesMemory, waiting: readonly Waiting[]): Promise<void> {
  const at = Math.max(...waiting.map(({ request }) => request.at));
  const choices = choicesOf(waiting);
  const answers = new Map<string, SeriesAnswer>();
  const whole = await ask(server, memory, { at, choices: choices.values(), answers }, choice =>
    memory.askAfter(choice, at),
  );
  if (whole.length > 0) await ask(server, memory, { at, choices: whole, answers }, ({ from }) => from);
  for (const { request, resolve } of waiting) {
    resolve(request.selectors.map(selector => answers.get(selectorText(selector)) ?? nothing));
  }
}

/** Each selector once, with the longest time that anybody wants of it. */
function choicesOf(waiting: readonly Waiting[]): Map<string, Choice> {
  const choices = new Map<string, Choice>();
  for (const { request } of waiting) {
    for (const selector of request.selectors) {
      const text = selectorText(selector);
      const known = choices.get(text);
      if (known === undefined || request.from < known.from)
        choices.set(text, { selector, text, from: request.from });
    }
  }
  return choices;
}

interface Asked {
  /** ms since the epoch. */
  readonly at: number;
  readonly choices: Iterable<Choice>;
  /** By the selector as text; here the answers go. */
  readonly answers: Map<string, SeriesAnswer>;
}

/** Gives back those of which all must be asked for, because the answer does not continue what is known of them. */
async function ask(
  server: Prometheus,
  memory: SeriesMemory,
  { at, choices, answers }: Asked,
  afterOf: (choice: Choice) => number,
): Promise<Choice[]> {
  const again: Choice[] = [];
  const byWindow = Map.groupBy(choices, choice => windowOf(at - afterOf(choice)));
  const queries = [...byWindow].flatMap(([windowMs, group]) => {
    const byText = new Map(group.map(choice => [choice.text, choice]));
    const selectors = group.map(({ selector }) => selector);
    return mergeSelectors(selectors, windowMs).map(async ({ selector, covers, ...merged }) => {
      const answered = await server.range(`${selectorText(selector)}[${windowMs / 1_000}s]`, at);
      const choose = answered.kind === 'series' ? chooserOf(merged, answered.series) : undefined;
      for (const text of covers) {
        const choice = byText.get(text);
        if (choice === undefined) continue;
        const series =
          choose && memory.take(choice, { series: choose(choice.selector), after: at - windowMs, at });
        if (answered.kind !== 'series') answers.set(text, answered);
        else if (series === undefined) again.push(choice);
        else answers.set(text, { kind: 'series', series });
      }
    });
  });
  await Promise.all(queries);
  return again;
}

function windowOf(lengthMs: number): number {
  return leastWindowMs * 2 ** Math.max(0, Math.ceil(Math.log2(Math.max(1, lengthMs) / leastWindowMs)));
}
