/** Makes the tree of a promotion: each file is read at the branch's head, edited, and written as a new object. */
import { editYaml } from './edit/edit.ts';
import type { Git } from './git.ts';
import { graft } from './merge.ts';
import { type Entry, entryAt } from './objects.ts';
import type { FileEdit } from './promotion.ts';

export type EditedTree =
  | { readonly ok: true; readonly tree: string; readonly files: readonly string[] }
  /** For people: the file and why it cannot be edited. */
  | { readonly ok: false; readonly why: string; readonly files: readonly string[] };

/** As kustomize looks for it. */
const kustomizations = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];

/** Loads the blobs of the named files only. The answered files are those whose contents differ. */
export async function editedTree(git: Git, tip: string, edits: readonly FileEdit[]): Promise<EditedTree> {
  const before = new Map<string, { readonly entry: Entry; readonly bytes: Buffer }>();
  const after = new Map<string, Buffer>();
  for (const { path, edit } of edits) {
    const found = await fileAt(git, tip, path, edit.kind === 'kustomize');
    if (typeof found === 'string') return { ok: false, why: found, files: [path] };
    const { file, entry } = found;
    if (!before.has(file)) {
      const bytes = (await git(['cat-file', 'blob', entry.object], { network: true })).stdout;
      before.set(file, { entry, bytes });
      after.set(file, bytes);
    }
    const outcome = editYaml(after.get(file) ?? Buffer.alloc(0), edit);
    if (!outcome.ok) return { ok: false, why: `${file}: ${outcome.why}`, files: [file] };
    after.set(file, outcome.bytes);
  }
  let tree = (await entryAt(git, tip, ''))?.object ?? '';
  const files: string[] = [];
  for (const [file, { entry, bytes }] of before) {
    const edited = after.get(file) ?? bytes;
    if (edited.equals(bytes)) continue;
    const object = (await git(['hash-object', '-w', '--no-filters', '--stdin'], { input: edited })).text;
    tree = await graft(git, tree, file, { ...entry, object });
    files.push(file);
  }
  return { ok: true, tree, files };
}

/** The plain file at a path, or why there is none. */
async function fileAt(
  git: Git,
  tip: string,
  path: string,
  mayBeFolder: boolean,
): Promise<{ readonly file: string; readonly entry: Entry } | string> {
  const entry = await entryAt(git, tip, path);
  if (entry === undefined) return `${path} does not exist at the head of the branch`;
  if (entry.type === 'tree' && mayBeFolder) {
    for (const name of kustomizations) {
      const inner = await entryAt(git, tip, `${path}/${name}`);
      if (inner !== undefined) return fileAt(git, tip, `${path}/${name}`, false);
    }
    return `${path} holds no kustomization`;
  }
  return entry.mode === '100644' || entry.mode === '100755'
    ? { file: path, entry }
    : `${path} is no plain file`;
}
