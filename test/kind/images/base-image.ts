/** A Debian base image with Node, for machines that cannot pull one: mmdebstrap makes the files, buildah the image. */
import { copyFileSync, existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { ensureDebianPackages } from '../build/debian.ts';
import { withLock } from '../lib/lock.ts';
import { cacheFolder } from '../lib/paths.ts';
import { step } from '../lib/progress.ts';
import { type RunResult, run } from '../lib/run.ts';
import { hashInputs } from './image-cache.ts';

/** Its own storage, so that nobody's other images are touched; its own mount namespace, so that no mount is left behind. */
function runBuildah(driver: string, args: string[], timeoutMs: number): Promise<RunResult> {
  const storage = [
    '--root',
    cacheFolder('buildah', driver),
    '--runroot',
    cacheFolder('buildah', `${driver}-run`),
  ];
  return run('unshare', ['--mount', 'buildah', ...storage, '--storage-driver', driver, ...args], {
    env: { BUILDAH_ISOLATION: 'chroot' },
    timeoutMs,
  });
}

let driver: Promise<string> | undefined;

/** Overlay is four times as fast; vfs works on every file system. */
function storageDriver(): Promise<string> {
  driver ??= runBuildah('overlay', ['info'], 30_000).then(
    () => 'overlay',
    () => 'vfs',
  );
  return driver;
}

export async function buildah(args: string[], timeoutMs = 300_000): Promise<RunResult> {
  return runBuildah(await storageDriver(), args, timeoutMs);
}

function debianSources(): { suite: string; sources: string } {
  const [, suite] = /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync('/etc/os-release', 'utf8')) ?? [];
  const file = ['/etc/apt/sources.list.d/debian.sources', '/etc/apt/sources.list'].find(existsSync);
  if (suite === undefined || file === undefined)
    throw new Error('without Docker, images are made on Debian only');
  return { suite, sources: readFileSync(file, 'utf8') };
}

/** Manuals, translations and package lists are half of a small Debian. */
const left = ['/usr/share/man/*', '/usr/share/doc/*', '/usr/share/locale/*', '/usr/share/info/*'];

async function rootFileSystem(packages: string[]): Promise<string> {
  const { suite, sources } = debianSources();
  const file = join(
    cacheFolder('images'),
    `debian-${hashInputs([suite, ...packages, ...left], [])}.rootfs.tar`,
  );
  if (existsSync(file)) return file;
  await withLock(join(cacheFolder('locks'), 'mmdebstrap'), 'making a Debian root file system', async () => {
    if (existsSync(file)) return;
    const excluded = left.map(path => `--dpkgopt=path-exclude=${path}`);
    // The result is one file; waiting for the disk at each of its thousands of files gains nothing.
    const options = [
      '--variant=minbase',
      '--format=tar',
      '--dpkgopt=force-unsafe-io',
      `--include=${packages.join(',')}`,
    ];
    await step(
      `making a Debian ${suite} with ${packages.join(', ')}`,
      () =>
        run('mmdebstrap', [...options, ...excluded, suite, `${file}.new`], {
          input: sources,
          timeoutMs: 600_000,
        }),
      'about 40 s, once',
    );
    renameSync(`${file}.new`, file);
  });
  return file;
}

/** The name of an image in buildah's storage that has Node and the given packages. */
export async function ensureBaseImage(packages: string[]): Promise<string> {
  await ensureDebianPackages(['mmdebstrap', 'buildah']);
  const rootfs = await rootFileSystem(packages);
  const name = `localhost/siskin-base:${hashInputs([rootfs, process.version], [])}`;
  await withLock(join(cacheFolder('locks'), 'buildah'), 'building an image', async () => {
    const { code } = await buildah(['inspect', '--type', 'image', name], 60_000).catch(() => ({ code: 1 }));
    if (code === 0) return;
    await step(`making the base image with Node ${process.version}`, async () => {
      const node = join(cacheFolder('tmp'), `node-${process.version}-${process.pid}`);
      copyFileSync(process.execPath, node);
      const container = (await buildah(['from', 'scratch'])).stdout.trim();
      await buildah(['add', container, rootfs, '/']);
      await buildah(['add', '--chmod', '755', container, node, '/usr/local/bin/node']);
      await buildah(['commit', '--rm', container, name]);
      await run('rm', ['-f', node]);
    });
  });
  return name;
}
