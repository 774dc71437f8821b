/** Images built from a Dockerfile, by Docker where it is and by buildah elsewhere. */
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { ensureProgram } from '../build/binaries.ts';
import { argoCd, gitea } from '../build/catalogue.ts';
import type { ImageArchive } from '../cluster/driver.ts';
import { withLock } from '../lib/lock.ts';
import { cacheFolder, fixtureRoot, repositoryRoot } from '../lib/paths.ts';
import { run } from '../lib/run.ts';
import { buildah, ensureBaseImage } from './base-image.ts';
import { hasDocker } from './docker.ts';
import { ensureArchive, hashInputs } from './image-cache.ts';

type Build = {
  name: string;
  dockerfile: string;
  context: string;
  /** Everything that is copied from the context. */
  inputs: string[];
  /** Debian packages which the Dockerfile would install if the base had not brought them. */
  packages: string[];
  arguments?: string[];
};

async function buildWithDocker(build: Build, file: string): Promise<void> {
  const flags = (build.arguments ?? []).flatMap(value => ['--build-arg', value]);
  const timeoutMs = 900_000;
  await run('docker', ['build', '-t', build.name, '-f', build.dockerfile, ...flags, build.context], {
    timeoutMs,
  });
  await run('docker', ['save', '-o', file, build.name], { timeoutMs });
}

async function buildWithBuildah(build: Build, base: string, file: string): Promise<void> {
  const flags = [`BASE=${base}`, ...(build.arguments ?? [])].flatMap(value => ['--build-arg', value]);
  await withLock(join(cacheFolder('locks'), 'buildah'), 'building an image', async () => {
    const options = [
      '--pull-never',
      '--layers=false',
      '--format',
      'docker',
      '-t',
      build.name,
      '-f',
      build.dockerfile,
    ];
    await buildah(['bud', ...options, ...flags, build.context], 900_000);
    await buildah(['push', build.name, `docker-archive:${file}:${build.name}`]);
    // The archive is what is kept; a second copy of it, and of the stages on the way, is not worth its space.
    await buildah(['rm', '--all']);
    await buildah(['rmi', build.name]);
    await buildah(['rmi', '--prune']);
  });
}

async function builtArchive(build: Build): Promise<ImageArchive> {
  const docker = await hasDocker();
  const base = docker ? 'docker' : await ensureBaseImage(build.packages);
  const inputs = hashInputs([base, ...(build.arguments ?? [])], [build.dockerfile, ...build.inputs]);
  return ensureArchive(build.name, inputs, async ({ file, workFolder }) => {
    const unfinished = join(workFolder, 'image.tar');
    await (docker ? buildWithDocker(build, unfinished) : buildWithBuildah(build, base, unfinished));
    renameSync(unfinished, file);
  });
}

export function toolsArchive(): Promise<ImageArchive> {
  return builtArchive({
    name: 'siskin-test-tools:test',
    dockerfile: join(fixtureRoot, 'images', 'tools.Dockerfile'),
    context: fixtureRoot,
    inputs: [join(fixtureRoot, 'servers')],
    packages: ['git', 'openssh-server', 'ca-certificates'],
  });
}

/** Argo CD with what it calls, for the one test that needs it. */
export async function argoCdArchive(): Promise<ImageArchive> {
  const folder = await ensureProgram(argoCd);
  return builtArchive({
    name: 'siskin-argocd:test',
    dockerfile: join(fixtureRoot, 'images', 'argocd.Dockerfile'),
    context: folder,
    // Names the binary's whole content.
    inputs: [join(folder, '.recipe')],
    packages: ['git', 'redis-server', 'ca-certificates'],
  });
}

/** Gitea, for the one test that needs it. Its binary is linked with the C library of the Debian that it runs on. */
export async function giteaArchive(): Promise<ImageArchive> {
  const folder = await ensureProgram(gitea);
  return builtArchive({
    name: 'siskin-gitea:test',
    dockerfile: join(fixtureRoot, 'images', 'gitea.Dockerfile'),
    context: folder,
    inputs: [join(folder, '.recipe')],
    packages: ['git', 'openssh-server', 'ca-certificates'],
  });
}

const operatorImage = 'siskin:test';

/** The image of the source tree as it is: bundles first, then the project's own Dockerfile. */
export async function operatorArchive(): Promise<ImageArchive> {
  await run(process.execPath, [join(repositoryRoot, 'scripts', 'build.ts')], { cwd: repositoryRoot });
  return builtArchive({
    name: operatorImage,
    dockerfile: join(repositoryRoot, 'Dockerfile'),
    context: repositoryRoot,
    inputs: [join(repositoryRoot, 'dist')],
    packages: ['git', 'openssh-client', 'ca-certificates'],
    arguments: ['BUNDLE=prebuilt'],
  });
}
