/** Edits one value of a YAML file: found by its syntax tree, replaced by splicing text, so that every other byte stays. */

import { containerChanges } from './container.ts';
import { parseSource, type Source, spliced } from './document.ts';
import { kustomizeChanges } from './kustomize.ts';
import { leavesOf } from './leaves.ts';
import { EditRefused } from './refused.ts';
import type { Change } from './scalar.ts';
import { valueChanges } from './value.ts';

/** A version as it is written: either part, or both. */
export interface Version {
  readonly tag?: string;
  readonly digest?: string;
}

export type YamlEdit =
  /** The entry of `images` in a kustomization whose `name` is `image`; its `newName` stays. */
  | { readonly kind: 'kustomize'; readonly image: string; readonly version: Version }
  /** Any scalar, by a path such as `image.tag` or `images[0]["app.kubernetes.io/version"]`. */
  | { readonly kind: 'value'; readonly key: string; readonly value: string }
  /** A container's image in a manifest; its repository stays. */
  | {
      readonly kind: 'container';
      readonly objectKind: string;
      readonly name: string;
      readonly container: string;
      readonly version: Version;
    };

export type EditOutcome =
  /** `changed` is false where the file said so already; the bytes are the same then. */
  | { readonly ok: true; readonly bytes: Buffer; readonly changed: boolean }
  | { readonly ok: false; readonly why: string };

/** Answers the file with the one value replaced, or why that cannot be done without touching something else. Never throws. */
export function editYaml(bytes: Buffer, edit: YamlEdit): EditOutcome {
  try {
    const source = parseSource(bytes);
    const changes = changesOf(source, edit);
    const text = spliced(
      source.text,
      changes.flatMap(({ splice }) => (splice === undefined ? [] : [splice])),
    );
    if (text === source.text) return { ok: true, bytes, changed: false };
    const edited = Buffer.from(text);
    proveOnly(changes, source, parseSource(edited));
    return { ok: true, bytes: edited, changed: true };
  } catch (error) {
    if (error instanceof EditRefused) return { ok: false, why: error.message };
    // The parser and the walks recurse; only nesting that nobody writes exhausts the stack.
    if (error instanceof RangeError) return { ok: false, why: 'the file is nested too deeply' };
    throw error;
  }
}

function changesOf(source: Source, edit: YamlEdit): readonly Change[] {
  switch (edit.kind) {
    case 'kustomize':
      return kustomizeChanges(source, edit);
    case 'value':
      return valueChanges(source, edit);
    case 'container':
      return containerChanges(source, edit);
  }
}

/** The last word: read again, the file differs in the named values and in nothing else. */
function proveOnly(changes: readonly Change[], before: Source, after: Source): void {
  const wanted = new Map(changes.map(change => [JSON.stringify(change.path), change.value]));
  const others = (source: Source) =>
    leavesOf(source)
      .filter(leaf => !wanted.has(leaf.path))
      .map(leaf => `${leaf.path} ${leaf.content}`);
  const found = leavesOf(after).filter(leaf => wanted.has(leaf.path));
  const written = found.length === wanted.size && found.every(leaf => leaf.text === wanted.get(leaf.path));
  if (!written || others(before).join('\n') !== others(after).join('\n')) {
    throw new EditRefused('the edit would change more than the one value');
  }
}
