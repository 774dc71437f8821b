/** The examples as they stand, with nothing replaced but what names another site: the repository's URL and Slack's address. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kubectl } from '../fixture.ts';
import { repositoryRoot } from '../lib/paths.ts';

/** Text of an example → text of this site. */
export type Site = Readonly<Record<string, string>>;

/** Every file below a folder of `examples/`, by its path in it. A replacement that finds nothing to replace is an error. */
export function exampleFiles(folder: string, site: Site = {}): Record<string, string> {
  const files = filesBelow(join(repositoryRoot, 'examples', folder), '');
  for (const [old, here] of Object.entries(site)) {
    const holders = Object.keys(files).filter(path => files[path]?.includes(old));
    if (holders.length === 0) throw new Error(`examples/${folder} does not mention ${old} any more`);
    for (const path of holders) files[path] = (files[path] ?? '').replaceAll(old, here);
  }
  return files;
}

function filesBelow(root: string, prefix: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const name of readdirSync(join(root, prefix))) {
    const path = join(prefix, name);
    if (statSync(join(root, path)).isDirectory()) Object.assign(files, filesBelow(root, path));
    else if (name.endsWith('.yaml')) files[path] = readFileSync(join(root, path), 'utf8');
  }
  return files;
}

/** `kubectl apply -k` of these files. */
export async function applyFolder(files: Readonly<Record<string, string>>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'siskin-example-'));
  try {
    for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text);
    await kubectl(['apply', '-k', folder]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The files with another tag in the kustomization, as a release commit changes it. */
export function withTag(files: Readonly<Record<string, string>>, tag: string): Record<string, string> {
  const kustomization = files['kustomization.yaml'];
  if (kustomization === undefined) throw new Error('no kustomization.yaml');
  return { ...files, 'kustomization.yaml': kustomization.replace(/newTag: .*/, `newTag: ${tag}`) };
}
