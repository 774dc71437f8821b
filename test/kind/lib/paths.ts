/** Where the fixture keeps things: builds in the user's cache folder, a cluster's state in the user's state folder. */
import { mkdirSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

export const fixtureRoot = resolve(import.meta.dirname, '..');
export const repositoryRoot = resolve(import.meta.dirname, '../../..');

function ensured(path: string): string {
  mkdirSync(path, { recursive: true });
  return path;
}

export function cacheFolder(...parts: string[]): string {
  return ensured(join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'siskin', ...parts));
}

export function stateRoot(): string {
  return ensured(join(process.env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'siskin'));
}

/** Short, because interface names (15 characters) and socket paths (107 bytes) are made from it. */
export function clusterName(): string {
  const name = process.env['SISKIN_CLUSTER'] || 'siskin';
  if (!/^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$/.test(name)) {
    throw new Error(
      `SISKIN_CLUSTER=${name}: a cluster's name is at most 20 lower-case letters, digits and dashes`,
    );
  }
  return name;
}

export function clusterFolder(cluster: string, ...parts: string[]): string {
  return ensured(join(stateRoot(), cluster, ...parts));
}

/** Only of a cluster that is down: its mounts live in that folder. */
export function removeClusterFolder(cluster: string): void {
  rmSync(join(stateRoot(), cluster), { recursive: true, force: true });
}
