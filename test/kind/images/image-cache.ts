/** Keeps image archives by what they were made of: unchanged inputs are not packed again, a changed one gets a new file. */
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageArchive } from '../cluster/driver.ts';
import { withLock } from '../lib/lock.ts';
import { cacheFolder } from '../lib/paths.ts';
import { step } from '../lib/progress.ts';

/** A file counts with its content, a folder with everything in it. */
export function hashInputs(parts: string[], paths: string[]): string {
  const hash = createHash('sha256').update(JSON.stringify(parts));
  const add = (path: string): void => {
    if (statSync(path).isDirectory()) {
      for (const entry of readdirSync(path).sort()) {
        hash.update(entry);
        add(join(path, entry));
      }
    } else {
      hash.update(readFileSync(path));
    }
  };
  for (const path of paths) add(path);
  return hash.digest('hex').slice(0, 16);
}

export async function ensureArchive(
  name: string,
  inputs: string,
  make: (target: { file: string; workFolder: string }) => Promise<void>,
): Promise<ImageArchive> {
  const prefix = name.replaceAll(/[^a-z0-9.-]/g, '_');
  const folder = cacheFolder('images');
  const file = join(folder, `${prefix}-${inputs}.tar`);
  if (existsSync(file)) return { name, file };
  await withLock(join(cacheFolder('locks'), `image-${prefix}`), `packing image ${name}`, async () => {
    if (existsSync(file)) return;
    const workFolder = mkdtempSync(join(cacheFolder('tmp'), `${prefix}-`));
    try {
      await step(`packing image ${name}`, () => make({ file, workFolder }));
    } finally {
      rmSync(workFolder, { recursive: true, force: true });
    }
    for (const entry of readdirSync(folder)) {
      const isOlder = entry.startsWith(`${prefix}-`) && join(folder, entry) !== file;
      if (isOlder && /^-[0-9a-f]{16}\.tar$/.test(entry.slice(prefix.length))) rmSync(join(folder, entry));
    }
  });
  return { name, file };
}
