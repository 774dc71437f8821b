import { afterAll, describe, expect, inject, it } from 'vitest';
import { CanaryStatus } from '../../src/api/canary-status.ts';
import { type SchemaNode, structuralSchema } from '../../src/api/crd.ts';
import { connect } from './crd-client.ts';
import { collection, type Fields, objectOf, spec } from './crd-objects.ts';

const client = connect(inject('apiServer'));
afterAll(() => client.close());

/** A schema's largest value: every field, every list and map full, every text as long as it may be. */
function largest(node: SchemaNode & Readonly<Record<string, unknown>>, index = 0): unknown {
  if (node.enum !== undefined) return node.enum[index % node.enum.length];
  if (node['format'] === 'date-time') return `2030-01-31T12:00:00.${String(index).padStart(3, '0')}Z`;
  if (node.type === 'string') return String(index).padEnd(Number(node['maxLength']), '語');
  if (node.type === 'number') return node.maximum ?? index + 0.5;
  if (node.type === 'boolean') return true;
  if (node.type === 'integer') return node.maximum ?? Math.max(index, node.minimum ?? 0);
  if (node.items !== undefined) {
    const item = node.items;
    return Array.from({ length: Number(node['maxItems']) }, (_, at) => largest({ ...item }, at));
  }
  if (node.additionalProperties !== undefined) {
    const value = node.additionalProperties;
    const count = Number(node['maxProperties']);
    return Object.fromEntries(
      Array.from({ length: count }, (_, at) => [`entry-${at}`, largest({ ...value }, at)]),
    );
  }
  return Object.fromEntries(
    Object.entries(node.properties ?? {}).map(([name, child]) => [name, largest({ ...child }, index)]),
  );
}

function fullStatus(): Fields {
  return CanaryStatus.parse(largest({ ...structuralSchema(CanaryStatus) }));
}

async function canary(name: string): Promise<string> {
  const { status, body } = await client.ask(
    'POST',
    collection('Canary'),
    objectOf('Canary', spec.canary(), name),
  );
  expect(status, body.message).toBe(201);
  return `${collection('Canary')}/${name}`;
}

describe('the status of a Canary', () => {
  it('comes back as it was written, every field of it, even when all of it is as large as it may be', async () => {
    const url = await canary('full');
    const status = fullStatus();
    const written = await client.ask('PATCH', `${url}/status?fieldValidation=Strict`, { status });
    expect(written.status, written.body.message).toBe(200);
    const { body } = await client.ask('GET', url);
    expect(body['status']).toEqual(status);
    expect(CanaryStatus.parse(body['status'])).toEqual(status);
  });

  it('is kept apart from the spec: neither write changes the other', async () => {
    const url = await canary('apart');
    await client.ask('PATCH', `${url}/status`, { status: { phase: 'Progressing' }, spec: { suspend: true } });
    const { body } = await client.ask('PATCH', url, { status: { phase: 'Failed' } });
    expect(body).toMatchObject({ spec: { suspend: false }, status: { phase: 'Progressing' } });
  });

  it.each([
    ['phase', { phase: 'Lost' }],
    ['canaryWeight', { canaryWeight: 101 }],
    ['run.weight', { run: { id: 'r', revision: 'v', startedAt: '2026-01-02T03:04:05Z', weight: 100.5 } }],
    ['run.startedAt', { run: { id: 'r', revision: 'v', startedAt: 'yesterday' } }],
    ['message', { message: 'x'.repeat(1025) }],
    ['outbox', { outbox: Array.from({ length: 51 }, () => ({ id: 'i', kind: 'alert', attempts: 0 })) }],
    ['quarantine', { quarantine: Array.from({ length: 11 }, () => ({ revision: 'v', reason: 'r' })) }],
  ])('is refused with a wrong %s', async (field, status) => {
    const url = await canary(`wrong-${field.toLowerCase().replace('.', '-')}`);
    const { status: code, body } = await client.ask('PATCH', `${url}/status`, { status });
    expect(code).toBe(422);
    expect(body.message).toContain(`status.${field}`);
  });

  it('keeps less than one percent exactly, beside a canaryWeight that is whole for those who read it so', async () => {
    const url = await canary('fine');
    const at = '2030-01-31T12:00:00.000Z';
    const run = {
      id: 'r',
      revision: 'v',
      startedAt: at,
      weight: 0.35,
      evidence: { pollAt: at, allowedWeight: 0.35, checks: [] },
      steps: [{ at, text: 'Revision v gets 0.05 % of the requests.', weight: 0.05 }],
    };
    const status = { phase: 'Progressing', canaryWeight: 1, run };
    const { status: code, body } = await client.ask('PATCH', `${url}/status?fieldValidation=Strict`, {
      status,
    });
    expect(code, body.message).toBe(200);
    expect(CanaryStatus.parse(body['status'])).toEqual(status);
    expect((await client.rows(url))[0]?.slice(0, 3)).toEqual(['fine', 'Progressing', 1]);
    const broken = await client.ask('PATCH', `${url}/status`, { status: { canaryWeight: 0.35 } });
    expect(broken.status).toBe(422);
  });

  it('shows phase, weight, failed checks and reason in a table', async () => {
    const url = await canary('columns');
    await client.ask('PATCH', `${url}/status`, {
      status: {
        phase: 'Progressing',
        canaryWeight: 20,
        failedChecks: 1,
        reason: 'ChecksPassing',
        message: 'All is well.',
        target: { uid: 'u', generation: 2, revision: 'abc' },
      },
    });
    const [cells] = await client.rows(url);
    expect(cells?.slice(0, 8)).toEqual([
      'columns',
      'Progressing',
      20,
      1,
      'ChecksPassing',
      'abc',
      null,
      'All is well.',
    ]);
  });
});
