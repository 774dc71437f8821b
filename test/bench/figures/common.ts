/** What several figures need: the only timeline of a recording, a time that must be known, the world put back. */
import type { Timeline } from '../timeline.ts';
import type { World } from '../world.ts';

export function only(timelines: ReadonlyMap<string, Timeline>): Timeline {
  const [timeline] = timelines.values();
  if (timeline === undefined) throw new Error('nothing was recorded');
  return timeline;
}

/** A figure with a missing time is no figure. */
export function between(what: string, from: number | undefined, to: number | undefined): number {
  if (from === undefined || to === undefined) throw new Error(`${what}: the log lacks one end of it`);
  return to - from;
}

export function firstWeight({ weights }: Timeline): number | undefined {
  return weights.find(({ canaryWeight }) => canaryWeight > 0)?.answeredAt;
}

export function changeTimes(timelines: ReadonlyMap<string, Timeline>): number[] {
  return [...timelines.values()].map(({ changeTookMs }) => changeTookMs);
}

export function scaleUpTimes(timelines: ReadonlyMap<string, Timeline>): number[] {
  return [...timelines].map(([name, { changedAt, scaledAt }]) =>
    Math.max(0, between(`${name}: change -> scale-up`, changedAt, scaledAt)),
  );
}

export function firstWeightTimes(timelines: ReadonlyMap<string, Timeline>): number[] {
  return [...timelines].map(([name, timeline]) =>
    between(`${name}: ready -> first weight`, timeline.readyAt, firstWeight(timeline)),
  );
}

/** Back to the promoted revision, as Git or a person would do it, until nothing moves any more. */
export async function restore(world: World, names: readonly string[]): Promise<void> {
  await Promise.all(names.map(async name => world.change(name, world.promotedVersion(name))));
  await world.history.until('all at rest again', names, name => world.history.isQuiet(name), {
    timeoutMs: 180_000,
  });
}
