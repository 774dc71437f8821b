/** A kind as a CustomResourceDefinition: zod's JSON Schema, bent to the structural schemas that the API server accepts. */
import { z } from 'zod';
import type { Kind } from './kinds.ts';

/** A node of a structural schema, as far as the generator and the reference look into it. */
export interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode;
  readonly items?: SchemaNode;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-validations'?: readonly { readonly rule: string; readonly message: string }[];
}

type JsonSchema = Parameters<NonNullable<z.core.JSONSchemaGeneratorParams['override']>>[0]['jsonSchema'];

/** What zod writes and the API server refuses, or understands differently. */
function bend(node: JsonSchema): void {
  if (node['x-kubernetes-int-or-string'] === true) {
    // The API server knows both types from the extension and allows no other list of types beside it.
    delete node.anyOf;
  }
  if (node.type === 'integer') {
    node['format'] = 'int64';
    // JavaScript's own limits say nothing about the field.
    if (node.minimum === Number.MIN_SAFE_INTEGER) delete node.minimum;
    if (node.maximum === Number.MAX_SAFE_INTEGER) delete node.maximum;
  }
  const open = node.additionalProperties;
  if (typeof open === 'object' && Object.keys(open).length === 0) {
    delete node.additionalProperties;
    node['x-kubernetes-preserve-unknown-fields'] = true;
  }
}

/** The schema's structural form: what people write (defaults not yet filled in). */
export function structuralSchema(schema: z.ZodType): SchemaNode {
  const jsonSchema = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    reused: 'inline',
    cycles: 'throw',
    override: ({ jsonSchema }) => bend(jsonSchema),
  });
  // Only the plain data: zod hangs functions of its own on the result.
  const node: SchemaNode = JSON.parse(JSON.stringify(jsonSchema));
  return node;
}

function objectSchema({ description, spec, status }: Kind): SchemaNode {
  return {
    type: 'object',
    description,
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      spec: { description: 'What is wanted.', ...structuralSchema(spec) },
      ...(status === undefined
        ? {}
        : { status: { description: 'What is; written by the operator.', ...structuralSchema(status) } }),
    },
  };
}

/** The CustomResourceDefinition, ready to be written as YAML or sent to the API server. */
export function customResourceDefinition(kind: Kind) {
  const { resource, shortNames, columns, status } = kind;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${resource.plural}.${resource.group}`,
      labels: { 'app.kubernetes.io/part-of': 'siskin' },
    },
    spec: {
      group: resource.group,
      scope: resource.namespaced ? 'Namespaced' : 'Cluster',
      names: {
        kind: resource.kind,
        listKind: `${resource.kind}List`,
        plural: resource.plural,
        singular: resource.kind.toLowerCase(),
        categories: ['siskin'],
        ...(shortNames.length === 0 ? {} : { shortNames }),
      },
      versions: [
        {
          name: resource.version,
          served: true,
          storage: true,
          ...(status === undefined ? {} : { subresources: { status: {} } }),
          additionalPrinterColumns: columns,
          schema: { openAPIV3Schema: objectSchema(kind) },
        },
      ],
    },
  };
}
