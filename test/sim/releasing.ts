/** Releases judged by evidence, ready for a story to be told about them. */
import { statusOf } from './oracle/replay.ts';
import { type CanarySpecDraft, createCanary } from './story.ts';
import type { Story } from './traffic.ts';
import { World } from './world.ts';

/** Errors as always. */
export const steady: Story = { requestsPerSecond: 100, scrapeMs: 5_000, errors: () => 0.001 };

/** A Canary that is there and judged by `analysis`, and a release of `image` that just begins. */
export async function releasing(
  image: string,
  story: Partial<Story>,
  analysis: Record<string, unknown> = {},
): Promise<World> {
  const world = new World();
  await world.install();
  world.traffic.begin({ ...steady, ...story });
  await createCanary(world, {
    spec(spec: CanarySpecDraft) {
      delete spec.analysis['metrics'];
      Object.assign(spec.analysis, { warmUp: '5s', checks: [{ name: 'errors', compare: {} }], ...analysis });
    },
  });
  await world.run(120);
  world.manifests.push(image);
  await world.manifests.sync();
  return world;
}

/** Runs until it holds; throws after so many seconds. */
export async function until(world: World, holds: () => boolean, seconds = 900): Promise<void> {
  for (let second = 0; second < seconds && !holds(); second += 1) await world.run(1);
  if (!holds()) throw new Error(`never held: ${JSON.stringify(world.canary()?.status, null, 1)}`);
}

export function phaseIs(world: World, phase: string): () => boolean {
  return () => statusOf(world.canary()).phase === phase;
}

/** The bad image fails this share of its requests, all others what is normal. */
export function bad(share: number): Story['errors'] {
  return image => (image.includes('bad') ? share : 0.001);
}

/** Five percent of both sides' requests fail for a minute. */
export function incident(_image: string, at: number): number {
  return at > 140 && at < 200 ? 0.05 : 0.001;
}
