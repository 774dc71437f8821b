/** Imports point one way: core ← controller ← main; adapters stand alone behind their ports. */
import { describe, expect, it } from 'vitest';
import { isTest, textOf, trackedFiles } from './files.ts';
import { importsOf, violation } from './imports.ts';

const sources = trackedFiles().filter(path => /^src\/.*\.ts$/u.test(path) && !isTest(path));

function isGenerator(path: string): boolean {
  return /\/generate[^/]*\.ts$/u.test(path);
}

function codeOf(path: string): string {
  return (textOf(path) ?? '').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gmu, '');
}

describe('the rules', () => {
  it.each([
    ['src/core/a.ts', "import { z } from 'zod';", true],
    ['src/core/a.ts', "import type { z } from 'zod';", false],
    [
      'src/core/a.ts',
      "import { assign } from 'xstate';\nimport { durationMs } from '../api/duration.ts';",
      false,
    ],
    ['src/core/a.ts', "import type { Sample } from '../metrics/port.ts';", false],
    ['src/core/a.ts', "import { readFile } from 'node:fs/promises';", true],
    ['src/git/a.ts', "import { reconcile } from '../controller/reconcile.ts';", true],
    ['src/git/a.ts', "import type { Metadata } from '../workload/port.ts';", false],
    ['src/git/a.ts', "import { Metadata } from '../workload/port.ts';", true],
    ['src/git/a.ts', "import type { Kind } from '../workload/kind.ts';", true],
    ['src/git/a.ts', "import { createHttpClient } from '../http/client.ts';", false],
    ['src/git/a.ts', "const { a } = await import('../traffic/gateway.ts');", true],
    ['src/git/a.ts', "import {\n  a,\n  b,\n} from '../traffic/gateway.ts';", true],
    ['src/git/a.ts', "export * from '../traffic/gateway.ts';", true],
    ['src/git/a.ts', "import '../traffic/gateway.ts';", true],
    ['src/runtime/a.ts', "import { Canaries } from '../api/resources.ts';", true],
    ['src/api/a.ts', "import { createLogger } from '../runtime/log.ts';", true],
    ['src/api/a.ts', "import type { Resource } from '../runtime/port.ts';", false],
    ['src/controller/a.ts', "import { start } from '../main.ts';", true],
    ['src/controller/a.ts', "import { decide } from '../core/decide.ts';", false],
    ['src/cli/a.ts', "import { readCanary } from '../controller/model.ts';", false],
    ['src/cli/a.ts', "import { createSecretReader } from '../secrets.ts';", false],
    ['src/cli/a.ts', "import { start } from '../main.ts';", true],
    ['src/server/a.ts', "import { run } from '../cli/run.ts';", true],
    ['src/main.ts', "import { run } from './cli/run.ts';", true],
    ['src/main.ts', "import { createNotifier } from './notify/slack.ts';", false],
  ])('%s: %j', (path, text, refused) => {
    const imports = importsOf(path, text);
    expect(imports).not.toHaveLength(0);
    expect(imports.some(each => violation(each) !== undefined)).toBe(refused);
  });
});

describe('src', () => {
  it('keeps them', () => {
    const broken = sources
      .filter(path => !isGenerator(path))
      .flatMap(path => importsOf(path, textOf(path) ?? ''))
      .map(each => ({ ...each, why: violation(each) }))
      .filter(({ why }) => why !== undefined)
      .map(({ from, to, why }) => `${from} imports ${to}: ${why}`);
    expect(broken).toEqual([]);
  });

  it('awaits nothing in core, and reads no clock', () => {
    const effect =
      /\bawait\s+[\w([]|\basync\s+(?:function|\(|\w+\s*=>)|\bPromise\b|\bset(?:Timeout|Interval)\(|\bDate\.now\(/u;
    const core = sources.filter(path => path.startsWith('src/core/') && !isGenerator(path));
    expect(core.filter(path => effect.test(codeOf(path)))).toEqual([]);
  });
});
