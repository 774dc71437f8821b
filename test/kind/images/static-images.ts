/** Images that hold one static binary and nothing else. */
import { chmodSync, copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureProgram } from '../build/binaries.ts';
import {
  coredns,
  crane,
  demoApp,
  fluxKustomize,
  fluxSource,
  type GoProgram,
  pause,
  prometheus,
  traefik,
} from '../build/catalogue.ts';
import type { ImageArchive } from '../cluster/driver.ts';
import { pauseImage } from '../cluster/node-daemons.ts';
import { writeImageArchive } from './archive.ts';
import { ensureArchive, hashInputs } from './image-cache.ts';

async function staticImage(name: string, program: GoProgram): Promise<ImageArchive> {
  const folder = await ensureProgram(program);
  // The recipe names the binary's whole content, and reading 180 MB at every start would not be free.
  const inputs = hashInputs(['static-1', readFileSync(join(folder, '.recipe'), 'utf8')], []);
  return ensureArchive(name, inputs, async target => {
    const root = join(target.workFolder, 'root');
    mkdirSync(join(root, 'tmp'), { recursive: true });
    chmodSync(join(root, 'tmp'), 0o1777);
    copyFileSync(join(folder, program.name), join(root, program.name));
    await writeImageArchive(name, root, { entrypoint: [`/${program.name}`] }, target);
  });
}

export function pauseArchive(): Promise<ImageArchive> {
  return staticImage(pauseImage, pause);
}

export const demoAppImage = 'siskin-demo-app:test';

/** Flux, for the one test that needs it. */
export async function fluxArchives(): Promise<ImageArchive[]> {
  return [
    await staticImage('siskin-source-controller:test', fluxSource),
    await staticImage('siskin-kustomize-controller:test', fluxKustomize),
  ];
}

/** A registry, for the one test that needs it. */
export function registryArchive(): Promise<ImageArchive> {
  return staticImage('siskin-registry:test', crane);
}

/** One after the other: the builds behind them use every core anyway. */
export async function staticArchives(): Promise<ImageArchive[]> {
  return [
    await staticImage('siskin-coredns:test', coredns),
    await staticImage('siskin-traefik:test', traefik),
    await staticImage('siskin-prometheus:test', prometheus),
    await staticImage(demoAppImage, demoApp),
  ];
}
