/** The Go command: is there one that can build here, where is a module's source, build one program. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../lib/run.ts';
import type { GoProgram } from './catalogue.ts';

const buildTimeoutMs = 45 * 60_000;
const downloadTimeoutMs = 10 * 60_000;

export async function requireGo(): Promise<void> {
  const { stdout } = await run('go', ['env', 'GOVERSION']).catch(() => {
    throw new Error(
      'the fixture builds its cluster from Go modules and needs Go 1.25 or later on PATH (https://go.dev/dl)',
    );
  });
  const [, minor = '0'] = /^go1\.(\d+)/.exec(stdout.trim()) ?? [];
  if (Number(minor) < 25) throw new Error(`the fixture needs Go 1.25 or later, found ${stdout.trim()}`);
}

/** The module's unpacked source in Go's own (read-only) module cache. */
export async function moduleFolder(module: string, version: string): Promise<string> {
  const { stdout } = await run('go', ['mod', 'download', '-json', `${module}@${version}`], {
    timeoutMs: downloadTimeoutMs,
    env: { GOWORK: 'off' },
  });
  const { Dir: folder }: { Dir?: string } = JSON.parse(stdout);
  if (folder === undefined) throw new Error(`go mod download ${module}@${version} named no folder`);
  return folder;
}

/** A writable copy without replacements by local folders, which a published module does not contain. */
async function writableSource(module: string, version: string, workFolder: string): Promise<string> {
  const source = join(workFolder, 'source');
  // Go's module cache is read-only, and a copy of its modes could not be written into.
  await run('cp', ['-r', '--no-preserve=mode', await moduleFolder(module, version), source], {
    timeoutMs: 120_000,
  });
  const goMod = join(source, 'go.mod');
  const kept = readFileSync(goMod, 'utf8')
    .split('\n')
    .filter(line => !/=>\s+\.{1,2}\//.test(line));
  writeFileSync(goMod, kept.join('\n'));
  return source;
}

export async function buildGoProgram(program: GoProgram, workFolder: string, output: string): Promise<void> {
  const { source, version, linkerFlags = '', tags = [], cgo = false } = program;
  const published = 'module' in source;
  const cwd = published ? await writableSource(source.module, version, workFolder) : source.folder;
  const flags = ['-trimpath', '-buildvcs=false', `-mod=${published ? 'mod' : 'readonly'}`];
  await run(
    'go',
    [
      'build',
      ...flags,
      '-tags',
      tags.join(','),
      '-ldflags',
      `-s -w ${linkerFlags}`.trim(),
      '-o',
      output,
      program.package,
    ],
    {
      cwd,
      env: { CGO_ENABLED: cgo ? '1' : '0', GOWORK: 'off' },
      timeoutMs: buildTimeoutMs,
    },
  );
}
