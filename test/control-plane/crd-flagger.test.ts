import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { type SchemaNode, structuralSchema } from '../../src/api/crd.ts';
import { kinds } from '../../src/api/kinds.ts';
import { parseAlertProvider, parseCanary, parseMetricTemplate } from '../../src/api/parse.ts';
import { connect } from './crd-client.ts';
import { collection } from './crd-objects.ts';

const client = connect(inject('apiServer'));
afterAll(() => client.close());

const Manifest = z.object({
  apiVersion: z.literal('flagger.app/v1beta1'),
  kind: z.enum(['Canary', 'MetricTemplate', 'AlertProvider']),
  metadata: z.object({ name: z.string() }),
  spec: z.record(z.string(), z.unknown()),
});

const folder = new URL('crd-flagger-manifests/', import.meta.url);
const manifests = readdirSync(folder).flatMap(file =>
  parseAllDocuments(readFileSync(new URL(file, folder), 'utf8')).map(document => {
    const manifest = Manifest.parse(document.toJS());
    return { file, name: `${manifest.kind} ${manifest.metadata.name}`, manifest };
  }),
);

const parsers = {
  Canary: parseCanary,
  MetricTemplate: parseMetricTemplate,
  AlertProvider: parseAlertProvider,
};

describe.each(manifests)("Flagger's $name ($file), with only its apiVersion changed", ({ manifest }) => {
  const ours = { ...manifest, apiVersion: 'siskin.dev/v1beta1' };

  it('is accepted whole by the API server', async () => {
    const url = `${collection(ours.kind)}?dryRun=All&fieldValidation=Strict`;
    const { status, body } = await client.ask('POST', url, ours);
    expect(status, body.message).toBe(201);
    // Nothing is dropped or changed; defaults may be added.
    expect(body['spec']).toMatchObject(ours.spec);
  });

  it("is read by the operator's parser", () => {
    expect(parsers[ours.kind](ours)).toMatchObject({ ok: true, value: { spec: ours.spec } });
  });
});

/** Every field that a schema knows, with lists and maps written as `*`. */
function knownFields(node: SchemaNode, path: string): string[] {
  if (node.items !== undefined) return knownFields(node.items, `${path}.*`);
  if (node.additionalProperties !== undefined) return knownFields(node.additionalProperties, `${path}.*`);
  const children = Object.entries(node.properties ?? {});
  return children.length === 0
    ? [path]
    : children.flatMap(([key, child]) => knownFields(child, `${path}.${key}`));
}

function usedFields(value: unknown, node: SchemaNode, path: string): string[] {
  const item = node.items ?? node.additionalProperties;
  if (typeof value !== 'object' || value === null) return [path];
  if (item !== undefined) return Object.values(value).flatMap(one => usedFields(one, item, `${path}.*`));
  const children = Object.entries(node.properties ?? {});
  if (children.length === 0) return [path];
  return children.flatMap(([key, child]) =>
    Object.hasOwn(value, key) ? usedFields(Reflect.get(value, key), child, `${path}.${key}`) : [],
  );
}

/** Fields that Flagger does not have. */
const siskins =
  /^spec\.(rollback|promotion|analysis\.(undecided|checks|preset|warmUp|impactBudget|vantage|objective))\b/;
/** All string matches are one schema, of which every form is used somewhere. */
const match = /(\.\*|uri|method|scheme|authority)\.(exact|prefix|suffix|regex)$/;

function short(path: string): string {
  return path.replace(match, '$1');
}

it.each(['Canary', 'MetricTemplate', 'AlertProvider'])('the manifests use every field of %s', name => {
  const kind = kinds.find(({ resource }) => resource.kind === name);
  const schema = kind === undefined ? {} : structuralSchema(kind.spec);
  const used = new Set(
    manifests
      .filter(({ manifest }) => manifest.kind === name)
      .flatMap(({ manifest }) => usedFields(manifest.spec, schema, 'spec').map(short)),
  );
  const known = new Set(knownFields(schema, 'spec').map(short));
  expect([...known].filter(path => !used.has(path) && !siskins.test(path))).toEqual([]);
});
