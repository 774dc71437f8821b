/** A kind's page of the reference: every field with its type, its default and what it means. */
import { type SchemaNode, structuralSchema } from './crd.ts';
import type { Kind } from './kinds.ts';
import { apiVersionOf } from './resources.ts';

interface Field {
  readonly path: string;
  readonly node: SchemaNode;
  readonly required: boolean;
}

/** The node inside lists and maps, and how a path names it. */
function innermost(node: SchemaNode, path: string): { node: SchemaNode; path: string } {
  if (node.items !== undefined) return innermost(node.items, `${path}[]`);
  if (node.additionalProperties !== undefined) return innermost(node.additionalProperties, `${path}.<name>`);
  return { node, path };
}

function fieldsBelow(node: SchemaNode, path: string): Field[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const field = { path: `${path}.${name}`, node: child, required: node.required?.includes(name) === true };
    const inner = innermost(child, field.path);
    return [field, ...fieldsBelow(inner.node, inner.path)];
  });
}

function typeOf(node: SchemaNode): string {
  if (node['x-kubernetes-int-or-string'] === true) return 'integer or string';
  if (node.enum !== undefined) return node.enum.map(value => `\`${JSON.stringify(value)}\``).join(', ');
  if (node.items !== undefined) return `list of ${typeOf(node.items)}`;
  if (node.additionalProperties !== undefined) return `map of ${typeOf(node.additionalProperties)}`;
  if (node.minimum !== undefined && node.maximum !== undefined) {
    return `${node.type} ${node.minimum}–${node.maximum}`;
  }
  return node.type ?? 'anything';
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

/** Defaults of an object are those of its fields, which have rows of their own. */
function defaultOf({ node, required }: Field): string {
  if (required) return '**required**';
  return node.default === undefined || node.type === 'object' ? '' : `\`${JSON.stringify(node.default)}\``;
}

function row(field: Field): string {
  const { path, node } = field;
  return `| \`${path}\` | ${cell(typeOf(node))} | ${cell(defaultOf(field))} | ${cell(node.description ?? '')} |`;
}

function rulesBelow(node: SchemaNode, path: string): string[] {
  const own = (node['x-kubernetes-validations'] ?? []).map(({ message }) => `- \`${path}\`: ${message}.`);
  const children = Object.entries(node.properties ?? {}).flatMap(([name, child]) =>
    rulesBelow(child, `${path}.${name}`),
  );
  const items = node.items === undefined ? [] : rulesBelow(node.items, `${path}[]`);
  const values =
    node.additionalProperties === undefined ? [] : rulesBelow(node.additionalProperties, `${path}.<name>`);
  return [...own, ...children, ...items, ...values];
}

function table(root: SchemaNode, path: string, head: string): string[] {
  return [head, '|---|---|---|---|', ...fieldsBelow(root, path).map(row), ''];
}

function notes({ resource, shortNames }: Kind): string[] {
  if (shortNames.length === 0) return [];
  const { plural, group } = resource;
  return [
    `Short name: \`${shortNames.join('`, `')}\`. Beside Flagger, whose kind has the same name, write \`${plural}.${group}\` or the short name.`,
    '',
  ];
}

/** The page as Markdown. */
export function referencePage(kind: Kind): string {
  const { resource, description, spec, status } = kind;
  const specNode = structuralSchema(spec);
  const rules = rulesBelow(specNode, 'spec');
  return [
    `# ${resource.kind}`,
    '',
    '<!-- Generated from src/api by `node src/api/generate.ts`; do not edit. -->',
    '',
    description,
    '',
    `\`${apiVersionOf(resource)}\`, ${resource.namespaced ? 'namespaced' : 'cluster-wide'}.`,
    '',
    ...notes(kind),
    '## Spec',
    '',
    ...table(specNode, 'spec', '| Field | Type | Default | Meaning |'),
    ...(rules.length === 0 ? [] : ['### Rules', '', ...rules, '']),
    ...(status === undefined
      ? []
      : ['## Status', '', ...table(structuralSchema(status), 'status', '| Field | Type |  | Meaning |')]),
  ].join('\n');
}

/** The page that lists the others. */
export function referenceIndex(kinds: readonly Kind[]): string {
  return [
    '# Reference',
    '',
    '<!-- Generated from src/api by `node src/api/generate.ts`; do not edit. -->',
    '',
    '| Kind | Meaning |',
    '|---|---|',
    ...kinds.map(kind => `| [${kind.resource.kind}](${pageName(kind)}) | ${cell(kind.description)} |`),
    '',
  ].join('\n');
}

/** File name of a kind's page. */
export function pageName({ resource }: Kind): string {
  return `${resource.kind.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()}.md`;
}
