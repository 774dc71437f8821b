/** The smallest valid objects of each kind, to be changed by tests. */
import { kinds } from '../../src/api/kinds.ts';

export type Fields = Record<string, unknown>;

export const spec = {
  canary: (change: Fields = {}): Fields => ({
    targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'podinfo' },
    service: { port: 9898 },
    analysis: analysis(),
    ...change,
  }),
  metricTemplate: (provider: Fields = {}): Fields => ({
    provider: { type: 'prometheus', address: 'http://prometheus:9090', ...provider },
    query: 'vector(1)',
  }),
  alertProvider: (change: Fields = { address: 'https://hooks.example.com/x' }): Fields => ({
    type: 'slack',
    ...change,
  }),
  manifestRepository: (change: Fields = {}): Fields => ({
    url: 'https://git.example.com/acme/manifests.git',
    allow: { namespaces: ['shop'], paths: ['apps/**'] },
    ...change,
  }),
};

export function analysis(change: Fields = { stepWeight: 10 }): Fields {
  return 'iterations' in change || 'stepWeights' in change ? change : { stepWeight: 10, ...change };
}

/** Path of the kind's objects; for namespaced kinds those of `default`. */
export function collection(kind: string): string {
  const resource = kinds.find(one => one.resource.kind === kind)?.resource;
  if (resource === undefined) throw new Error(`no kind ${kind}`);
  const { group, version, plural, namespaced } = resource;
  return `/apis/${group}/${version}/${namespaced ? 'namespaces/default/' : ''}${plural}`;
}

export function objectOf(kind: string, written: unknown, name = 'podinfo'): Fields {
  return { apiVersion: 'siskin.dev/v1beta1', kind, metadata: { name }, spec: written };
}
