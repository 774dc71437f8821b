/** Gives the folder of a built program: from the cache when it is there, built (once, whoever asks) when it is not. */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { withLock } from '../lib/lock.ts';
import { cacheFolder } from '../lib/paths.ts';
import { step } from '../lib/progress.ts';
import { run } from '../lib/run.ts';
import { type GoProgram, gatewayApi, type ModuleFolder } from './catalogue.ts';
import { ensureDebianPackages } from './debian.ts';
import { buildGoProgram, moduleFolder, requireGo } from './go.ts';

/** Changes with anything that decides what is built, so that an edited recipe is not answered by an old binary. */
function recipeOf(program: GoProgram): string {
  const hash = createHash('sha256').update(
    JSON.stringify([
      program.name,
      program.version,
      program.package,
      program.linkerFlags ?? '',
      program.links ?? [],
      ...(program.tags ?? []),
      ...(program.folders ?? []),
    ]),
  );
  if ('folder' in program.source) {
    for (const file of readdirSync(program.source.folder).sort()) {
      hash.update(file).update(readFileSync(join(program.source.folder, file)));
    }
  }
  return hash.digest('hex');
}

async function cached(
  key: { name: string; version: string; recipe: string },
  make: (target: string, workFolder: string) => Promise<void>,
  duration: string,
): Promise<string> {
  const folder = join(cacheFolder('bin'), `${key.name}-${key.version}`);
  const stamp = join(folder, '.recipe');
  const isCurrent = (): boolean => existsSync(stamp) && readFileSync(stamp, 'utf8') === key.recipe;
  if (isCurrent()) return folder;
  const what = `building ${key.name} ${key.version}`;
  await withLock(join(cacheFolder('locks'), key.name), what, async () => {
    if (isCurrent()) return;
    await requireGo();
    const workFolder = mkdtempSync(join(cacheFolder('tmp'), `${key.name}-`));
    try {
      const target = join(workFolder, 'result');
      mkdirSync(target);
      await step(what, () => make(target, workFolder), `${duration}, once`);
      writeFileSync(join(target, '.recipe'), key.recipe);
      rmSync(folder, { recursive: true, force: true });
      renameSync(target, folder);
    } finally {
      rmSync(workFolder, { recursive: true, force: true });
    }
  });
  return folder;
}

export function ensureProgram(program: GoProgram): Promise<string> {
  const { name, version, source, links = [], folders = [], cgo = false, duration } = program;
  return cached(
    { name, version, recipe: recipeOf(program) },
    async (target, workFolder) => {
      if (cgo) await ensureDebianPackages(['gcc', 'libc6-dev']);
      await buildGoProgram(program, workFolder, join(target, name));
      const module = 'module' in source ? await moduleFolder(source.module, version) : source.folder;
      for (const folder of folders)
        await run('cp', ['-r', '--no-preserve=mode', join(module, folder), join(target, folder)]);
      for (const link of links) symlinkSync(name, join(target, link));
    },
    duration,
  );
}

/** The folder with the standard channel's CustomResourceDefinitions. */
export function ensureGatewayApi(): Promise<string> {
  return ensureFolder(gatewayApi);
}

export function ensureFolder({ name, module, version, folder }: ModuleFolder): Promise<string> {
  return cached(
    { name, version, recipe: folder },
    async target => {
      const source = join(await moduleFolder(module, version), folder);
      await run('cp', ['-r', '--no-preserve=mode', `${source}/.`, target]);
    },
    'a few seconds',
  );
}
