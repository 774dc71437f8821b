import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { customResourceDefinition, type SchemaNode, structuralSchema } from './crd.ts';
import { map, opaque } from './fields.ts';
import { type Kind, kinds } from './kinds.ts';
import { withRule } from './rule.ts';

interface Place {
  readonly path: string;
  readonly node: SchemaNode & Readonly<Record<string, unknown>>;
}

function everyNode(node: SchemaNode, path: string): Place[] {
  const children = Object.entries(node.properties ?? {}).map(([name, child]) => ({
    child,
    at: `${path}.${name}`,
  }));
  if (node.items !== undefined) children.push({ child: node.items, at: `${path}[]` });
  if (node.additionalProperties !== undefined) {
    children.push({ child: node.additionalProperties, at: `${path}.*` });
  }
  return [{ path, node: { ...node } }, ...children.flatMap(({ child, at }) => everyNode(child, at))];
}

function placesOf({ spec, status }: Kind): Place[] {
  const places = everyNode(structuralSchema(spec), 'spec');
  return status === undefined ? places : [...places, ...everyNode(structuralSchema(status), 'status')];
}

const structuralKeywords = new Set([
  'type',
  'description',
  'default',
  'enum',
  'format',
  'items',
  'properties',
  'required',
  'additionalProperties',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'maxProperties',
  'pattern',
  'x-kubernetes-int-or-string',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-list-type',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-validations',
]);

/** What the API server's rules for structural schemas say against a node. */
function structuralError({ node }: Place): string | undefined {
  const foreign = Object.keys(node).find(key => !structuralKeywords.has(key));
  if (foreign !== undefined) return `has ${foreign}`;
  if (node.type === undefined && node['x-kubernetes-int-or-string'] !== true) {
    return node['x-kubernetes-preserve-unknown-fields'] === true ? undefined : 'has no type';
  }
  if (node.properties !== undefined && node.additionalProperties !== undefined)
    return 'is object and map at once';
  if (node.type === 'array' && node.items === undefined) return 'has no items';
  return undefined;
}

function unlimited({ node }: Place): string | undefined {
  if (node.type === 'string' && node.enum === undefined && node['maxLength'] === undefined)
    return 'maxLength';
  if (node.type === 'array' && node['maxItems'] === undefined) return 'maxItems';
  const isMap =
    node.additionalProperties !== undefined || node['x-kubernetes-preserve-unknown-fields'] === true;
  if (isMap && node.type === 'object' && node['maxProperties'] === undefined) return 'maxProperties';
  if (node.type === 'integer' && node.minimum === undefined) return 'minimum';
  return undefined;
}

function complaints(kind: Kind, judge: (place: Place) => string | undefined): string[] {
  return placesOf(kind)
    .map(place => ({ path: place.path, complaint: judge(place) }))
    .filter(({ complaint }) => complaint !== undefined)
    .map(({ path, complaint }) => `${path}: ${complaint}`);
}

describe.each(kinds.map(kind => [kind.resource.kind, kind] as const))('the schema of %s', (_, kind) => {
  it('is structural', () => {
    expect(complaints(kind, structuralError)).toEqual([]);
  });

  it('limits every string, list, map and number', () => {
    expect(complaints(kind, unlimited)).toEqual([]);
  });

  it('describes every field', () => {
    const nameless = placesOf(kind).filter(
      ({ path, node }) =>
        !path.endsWith(']') && !path.endsWith('*') && path.includes('.') && !node.description,
    );
    expect(nameless.map(({ path }) => path)).toEqual([]);
  });

  it('uses only patterns that the API server can compile', () => {
    const patterns = placesOf(kind).flatMap(({ node }) =>
      typeof node['pattern'] === 'string' ? [node['pattern']] : [],
    );
    // RE2 has neither look-around nor back-references.
    expect(patterns.filter(pattern => /\(\?[=!<]|\\[1-9]/.test(pattern))).toEqual([]);
  });

  it('wants descriptions and rules as sentences for people', () => {
    const rules = placesOf(kind).flatMap(({ node }) => node['x-kubernetes-validations'] ?? []);
    expect(rules.filter(({ message }) => message === '' || message.endsWith('.'))).toEqual([]);
  });
});

describe('structuralSchema', () => {
  it('leaves open what belongs to others', () => {
    expect(structuralSchema(opaque())).toEqual({
      type: 'object',
      maxProperties: 32,
      'x-kubernetes-preserve-unknown-fields': true,
    });
  });

  it('keeps the limit of a map', () => {
    expect(structuralSchema(map(z.string().max(3), 2))).toEqual({
      type: 'object',
      maxProperties: 2,
      additionalProperties: { type: 'string', maxLength: 3 },
    });
  });

  it('collects the rules of a schema in their order', () => {
    const first = withRule(z.int().min(0).max(9), {
      cel: 'self > 1',
      message: 'a',
      check: value => value > 1,
    });
    const both = withRule(first, { cel: 'self < 5', message: 'b', check: value => value < 5 });
    expect(structuralSchema(both)['x-kubernetes-validations']).toEqual([
      { rule: 'self > 1', message: 'a' },
      { rule: 'self < 5', message: 'b' },
    ]);
    expect([1, 3, 6].map(value => both.safeParse(value).success)).toEqual([false, true, false]);
  });
});

describe('customResourceDefinition', () => {
  it('gives Canary a name of its own beside Flagger, and the columns people look at', () => {
    const [canary] = kinds.filter(({ resource }) => resource.kind === 'Canary').map(customResourceDefinition);
    expect(canary?.metadata.name).toBe('canaries.siskin.dev');
    expect(canary?.spec.names).toMatchObject({ shortNames: ['sis'], categories: ['siskin'] });
    expect(canary?.spec.versions[0]?.additionalPrinterColumns.map(({ name }) => name)).toEqual([
      'Phase',
      'Weight',
      'Failed',
      'Reason',
      'Revision',
      'Trace',
      'Message',
      'Age',
    ]);
  });
});
