/** Writes a container image as the archive that `docker save` would write, so that no Docker is needed for a static binary. */
import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../lib/run.ts';

export type ImageConfig = { entrypoint: string[]; user?: string; env?: string[]; workingDir?: string };

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  const chunks: AsyncIterable<Buffer> = createReadStream(file);
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}

/** Same content, same archive: owners, order and times are fixed. */
async function packLayer(root: string, layer: string): Promise<void> {
  const reproducible = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mtime=@0'];
  await run('tar', [...reproducible, '-C', root, '-cf', layer, '.'], { timeoutMs: 120_000 });
}

/** `root` is the image's whole file system; `workFolder` is the caller's to remove. */
export async function writeImageArchive(
  name: string,
  root: string,
  config: ImageConfig,
  target: { file: string; workFolder: string },
): Promise<void> {
  const content = join(target.workFolder, 'image');
  mkdirSync(content);
  const layer = join(content, 'layer.tar');
  await packLayer(root, layer);
  const imageConfig = JSON.stringify({
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    created: '1970-01-01T00:00:00Z',
    config: {
      Entrypoint: config.entrypoint,
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', ...(config.env ?? [])],
      User: config.user ?? '65532:65532',
      WorkingDir: config.workingDir ?? '/',
    },
    rootfs: { type: 'layers', diff_ids: [`sha256:${await sha256(layer)}`] },
    history: [{ created: '1970-01-01T00:00:00Z' }],
  });
  writeFileSync(join(content, 'config.json'), imageConfig);
  writeFileSync(
    join(content, 'manifest.json'),
    JSON.stringify([{ Config: 'config.json', RepoTags: [name], Layers: ['layer.tar'] }]),
  );
  const unfinished = `${target.file}.new`;
  await run('tar', ['-C', content, '-cf', unfinished, 'manifest.json', 'config.json', 'layer.tar'], {
    timeoutMs: 120_000,
  });
  rmSync(target.file, { force: true });
  renameSync(unfinished, target.file);
}
