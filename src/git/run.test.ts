import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { realClock, temporaryFolder } from '../../test/wire/git-fixture.ts';
import type { Clock } from '../runtime/port.ts';
import { type RunOptions, runProgram } from './run.ts';

vi.setConfig({ testTimeout: 30_000 });

let folder: ReturnType<typeof temporaryFolder>;

beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => {
  folder[Symbol.dispose]();
});

/** Runs a shell script in git's place. */
function runScript(script: string, changes: Partial<RunOptions> = {}): ReturnType<typeof runProgram> {
  const git = join(folder.path, 'git');
  writeFileSync(git, `#!/bin/sh\n${script}\n`);
  chmodSync(git, 0o755);
  return runProgram({
    program: 'git',
    args: ['status'],
    environment: { PATH: `${folder.path}:/usr/bin:/bin` },
    clock: realClock,
    timeoutMs: 60_000,
    maxOutputBytes: 10_000,
    ...changes,
  });
}

/** A clock whose timer fires when the test says so. */
function manualClock(): Clock & { fire(): void } {
  const calls: (() => void)[] = [];
  return {
    now: () => 0,
    after(_, call) {
      calls.push(call);
      return () => {};
    },
    fire: () => {
      for (const call of calls) call();
    },
  };
}

async function appears(file: string): Promise<string> {
  while (!existsSync(file) || readFileSync(file, 'utf8') === '') {
    await new Promise(resolve => {
      setTimeout(resolve, 5);
    });
  }
  return readFileSync(file, 'utf8').trim();
}

function lives(pid: number): boolean {
  // A killed process that nobody waited for yet is still in the table, as a zombie.
  return existsSync(`/proc/${pid}`) && !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
}

test('answers exit code, output and errors, and passes input', async () => {
  const outcome = await runScript('cat; echo oops >&2; exit 3', { input: 'hello' });
  expect(outcome).toEqual({ kind: 'exited', code: 3, stdout: Buffer.from('hello'), stderr: 'oops\n' });
});

test('input that comes bit by bit is handed on as it comes, and the deadline counts from its end', async () => {
  let deadlines = 0;
  const clock: Clock = {
    now: () => 0,
    after: () => {
      deadlines += 1;
      return () => {};
    },
  };
  const file = join(folder.path, 'first');
  async function* input(): AsyncGenerator<string> {
    yield 'one\n';
    expect(await appears(file)).toBe('one');
    expect(deadlines).toBe(0);
    yield 'two\n';
  }
  const outcome = await runScript(`read line; echo $line > '${file}'; cat`, { input: input(), clock });
  expect(outcome).toMatchObject({ kind: 'exited', code: 0, stdout: Buffer.from('two\n') });
  expect(deadlines).toBe(1);
});

test('a program that ends before its input does has no deadline left', async () => {
  const clock = manualClock();
  const rest = Promise.withResolvers<string>();
  async function* input(): AsyncGenerator<string> {
    yield await rest.promise;
  }
  expect(await runScript('exit 4', { input: input(), clock })).toMatchObject({ kind: 'exited', code: 4 });
  const kill = vi.spyOn(process, 'kill');
  rest.resolve('too late');
  await new Promise(resolve => {
    setImmediate(resolve);
  });
  clock.fire();
  expect(kill).not.toHaveBeenCalled();
  kill.mockRestore();
});

test('the environment is the given one and nothing else', async () => {
  process.env.SISKIN_TEST_LEAK = 'leak';
  const outcome = await runScript('env');
  delete process.env.SISKIN_TEST_LEAK;
  expect(outcome.kind === 'exited' && outcome.stdout.toString()).not.toContain('leak');
});

test('the deadline kills the whole group, also children that hold the pipes', async () => {
  const clock = manualClock();
  const file = join(folder.path, 'pid');
  const running = runScript(`sleep 1000 & echo $! > '${file}'; wait`, { clock });
  const pid = Number(await appears(file));
  clock.fire();
  expect(await running).toMatchObject({ kind: 'timeout' });
  while (lives(pid)) {
    await new Promise(resolve => {
      setTimeout(resolve, 5);
    });
  }
});

test('aborting ends it, before the start and in the middle', async () => {
  const controller = new AbortController();
  const file = join(folder.path, 'pid');
  const running = runScript(`echo $$ > '${file}'; sleep 1000`, { signal: controller.signal });
  await appears(file);
  controller.abort();
  expect(await running).toMatchObject({ kind: 'aborted' });
  expect(await runScript('exit 0', { signal: controller.signal })).toMatchObject({ kind: 'aborted' });
});

test('endless output ends it, endless complaints are cut to their end', async () => {
  expect(await runScript('yes')).toMatchObject({ kind: 'overflow' });
  const outcome = await runScript('yes complaint | head -c 1000000 >&2; echo the cause >&2; exit 1');
  expect(outcome.kind === 'exited' && outcome.stderr.length).toBeLessThan(40_000);
  expect(outcome.kind === 'exited' && outcome.stderr).toContain('the cause');
});

test('a missing git and one that is killed are told', async () => {
  const missing = await runScript('exit 0', { environment: { PATH: '/nonexistent' } });
  expect(missing).toMatchObject({ kind: 'unstartable' });
  const killed = await runScript('kill -9 $$');
  expect(killed).toMatchObject({ kind: 'exited', code: 128, stderr: expect.stringContaining('SIGKILL') });
});
