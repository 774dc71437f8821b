/** Fails when the generated files (CRDs, the state diagram, the reference) differ from what their sources generate now. */
import { spawnSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

async function snapshot(): Promise<Map<string, string>> {
  const contents = new Map<string, string>();
  for (const root of ['crds', 'docs']) {
    for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) {
        const path = join(entry.parentPath, entry.name);
        contents.set(path, await readFile(path, 'base64'));
      }
    }
  }
  return contents;
}

const before = await snapshot();
const generated = spawnSync('make', ['--no-print-directory', 'generate'], { stdio: 'inherit' });
const after = await snapshot();
const drift = [...new Set([...before.keys(), ...after.keys()])].filter(
  path => before.get(path) !== after.get(path),
);
for (const path of drift) {
  console.log(`${path} was out of date; it is generated anew now, commit it`);
}
process.exitCode = generated.status === 0 && drift.length === 0 ? 0 : 1;
