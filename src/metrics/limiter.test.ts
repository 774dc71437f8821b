import { expect, it } from 'vitest';
import { createLimiter } from './limiter.ts';

const never = new AbortController().signal;

function job(): { run: () => Promise<void>; finish: () => void; started: () => boolean } {
  const { promise, resolve } = Promise.withResolvers<void>();
  let started = false;
  return {
    run: () => {
      started = true;
      return promise;
    },
    finish: resolve,
    started: () => started,
  };
}

it('runs so many at once for each server, and the next as soon as one ends', async () => {
  const limiter = createLimiter(2);
  const jobs = [job(), job(), job()] as const;
  const done = jobs.map(each => limiter.run('a', never, each.run));
  const other = limiter.run('b', never, () => Promise.resolve('b'));
  await expect(other).resolves.toBe('b');
  expect(jobs.map(each => each.started())).toEqual([true, true, false]);
  jobs[0].finish();
  await done[0];
  await Promise.resolve();
  expect(jobs[2].started()).toBe(true);
  jobs[1].finish();
  jobs[2].finish();
  await Promise.all(done);
});

it('goes on after failures, and forgets who gave up waiting', async () => {
  const limiter = createLimiter(1);
  const first = job();
  const running = limiter.run('a', never, first.run);
  const impatient = new AbortController();
  const second = job();
  const waiting = limiter.run('a', impatient.signal, second.run);
  const third = limiter.run('a', never, () => Promise.reject(new Error('broken')));
  const fourth = limiter.run('a', never, () => Promise.resolve(4));
  impatient.abort(new Error('too late'));
  await expect(waiting).rejects.toThrow('too late');
  first.finish();
  await running;
  await expect(third).rejects.toThrow('broken');
  await expect(fourth).resolves.toBe(4);
  expect(second.started()).toBe(false);
  await expect(limiter.run('a', impatient.signal, second.run)).rejects.toThrow('too late');
});
