/** Writes `crds/` and `docs/reference/` from the schemas; with `--check` it only tells whether they are up to date. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { argv, exit } from 'node:process';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { customResourceDefinition } from './crd.ts';
import { kinds } from './kinds.ts';
import { pageName, referenceIndex, referencePage } from './reference.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const notice = '# Generated from src/api by `node src/api/generate.ts`; do not edit.\n';

function yaml(value: unknown): string {
  return notice + stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** Every generated file by its path below the repository's root. */
export function generatedFiles(): Map<string, string> {
  const files = new Map<string, string>();
  const resources: string[] = [];
  for (const kind of kinds) {
    const { group, plural } = kind.resource;
    const name = `${group}_${plural}.yaml`;
    resources.push(name);
    files.set(`crds/${name}`, yaml(customResourceDefinition(kind)));
    files.set(`docs/reference/${pageName(kind)}`, referencePage(kind));
  }
  files.set(
    'crds/kustomization.yaml',
    yaml({ apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', resources }),
  );
  files.set('docs/reference/README.md', referenceIndex(kinds));
  return files;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return undefined;
  }
}

/** Files of kinds that are no more; both folders hold nothing but what is generated. */
function leftovers(files: ReadonlyMap<string, string>): string[] {
  return ['crds', 'docs/reference']
    .filter(folder => existsSync(join(root, folder)))
    .flatMap(folder => readdirSync(join(root, folder)).map(name => `${folder}/${name}`))
    .filter(path => !files.has(path));
}

/** Paths that differ from what the schemas say. */
export function drift(): string[] {
  const files = generatedFiles();
  return [...files]
    .filter(([path, text]) => read(path) !== text)
    .map(([path]) => path)
    .concat(leftovers(files));
}

function main(): void {
  const stale = drift();
  if (argv.includes('--check')) {
    for (const path of stale) console.error(`${path} is not up to date: run node src/api/generate.ts`);
    exit(stale.length === 0 ? 0 : 1);
  }
  const files = generatedFiles();
  for (const path of stale) {
    const text = files.get(path);
    if (text === undefined) {
      rmSync(join(root, path));
    } else {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    console.log(path);
  }
}

if (import.meta.main) main();
