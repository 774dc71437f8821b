/** Releases of the examples' applications as images: the same program under several tags, one of which is broken. */
import { chmodSync, copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureProgram } from '../build/binaries.ts';
import { demoApp } from '../build/catalogue.ts';
import { currentCluster } from '../cluster/current.ts';
import type { ImageArchive } from '../cluster/driver.ts';
import { writeImageArchive } from '../images/archive.ts';
import { ensureArchive, hashInputs } from '../images/image-cache.ts';

/** What each tag's program does; 1.2.0 is the release that somebody should not have merged. */
const releases = {
  '1.0.0': { errorRate: 0 },
  '1.1.0': { errorRate: 0 },
  '1.2.0': { errorRate: 0.1 },
  '1.3.0': { errorRate: 0 },
} as const;
export type ReleaseTag = keyof typeof releases;

/** The examples' own image names: a node that has the image asks no registry for it. */
const repositories = ['registry.example.com/shop/checkout', 'registry.example.com/shop/catalogue'];

async function releaseArchive(repository: string, version: string, errorRate: number): Promise<ImageArchive> {
  const folder = await ensureProgram(demoApp);
  const name = `${repository}:${version}`;
  const env = [`VERSION=${version}`, `ERROR_RATE=${errorRate}`];
  const inputs = hashInputs(['release-1', ...env, readFileSync(join(folder, '.recipe'), 'utf8')], []);
  return ensureArchive(name, inputs, async target => {
    const root = join(target.workFolder, 'root');
    mkdirSync(join(root, 'tmp'), { recursive: true });
    chmodSync(join(root, 'tmp'), 0o1777);
    copyFileSync(join(folder, demoApp.name), join(root, demoApp.name));
    await writeImageArchive(name, root, { entrypoint: [`/${demoApp.name}`], env }, target);
  });
}

export async function loadReleases(): Promise<void> {
  const archives: ImageArchive[] = [];
  for (const repository of repositories) {
    for (const [version, { errorRate }] of Object.entries(releases))
      archives.push(await releaseArchive(repository, version, errorRate));
  }
  await (await currentCluster()).loadImages(archives);
}
