import { describe, expect, it } from 'vitest';
import { AlertProviderSpec } from './alert-provider.ts';
import { CanarySpec } from './canary-spec.ts';
import { MetricTemplateSpec } from './metric-template.ts';
import { unsupportedAlertProvider, unsupportedFields, unsupportedMetricTemplate } from './unsupported.ts';

interface Parts {
  readonly service?: Readonly<Record<string, unknown>>;
  readonly analysis?: Readonly<Record<string, unknown>>;
  readonly kind?: string;
}

function fields(change: Record<string, unknown>, { service, analysis, kind = 'Deployment' }: Parts = {}) {
  const spec = CanarySpec.parse({
    targetRef: { apiVersion: 'apps/v1', kind, name: 'podinfo' },
    service: { port: 80, ...service },
    analysis: { stepWeight: 5, ...analysis },
    ...change,
  });
  return unsupportedFields(spec).map(({ field }) => field);
}

const ref = { apiVersion: 'v1', name: 'x' };

describe('unsupportedFields', () => {
  it('finds nothing in what is built', () => {
    const service = {
      match: [{ uri: { prefix: '/' }, method: { exact: 'GET' }, headers: { a: { regex: 'b' } } }],
      rewrite: { uri: '/x' },
      headers: { request: { set: { a: 'b' } } },
      timeout: '5s',
      backendTimeout: '2s',
      gatewayRefs: [{ name: 'gateway' }],
    };
    const rollback = { git: { repositoryRef: { name: 'manifests' }, path: 'apps' } };
    for (const provider of ['gatewayapi:v1', 'gatewayapi:v1beta1', 'kubernetes']) {
      expect(fields({ provider, rollback }, { service })).toEqual([]);
    }
  });

  it('takes what is switched off or empty for what was not asked', () => {
    expect(fields({}, { service: { delegation: false, gateways: [] }, analysis: { mirror: false } })).toEqual(
      [],
    );
  });

  it.each([
    [{ provider: 'istio' }, ['spec.provider']],
    [{ autoscalerRef: { ...ref, kind: 'ScaledObject' } }, ['spec.autoscalerRef']],
    [{ ingressRef: { ...ref, kind: 'Ingress' } }, ['spec.ingressRef']],
    [{ routeRef: { ...ref, kind: 'ApisixRoute' } }, ['spec.routeRef']],
    [{ upstreamRef: { ...ref, kind: 'Upstream' } }, ['spec.upstreamRef']],
  ])('names %j', (change, expected) => {
    expect(fields(change)).toEqual(expected);
  });

  it('names what a service asks of other meshes', () => {
    const service = {
      delegation: true,
      gateways: ['mesh'],
      trafficPolicy: { tls: { mode: 'DISABLE' } },
      retries: { attempts: 3 },
      meshName: 'm',
      backends: ['b'],
      corsPolicy: { allowOrigin: ['x'] },
      mirror: [{ backendRef: { name: 'x', port: 80 } }],
      gatewayRefs: [{ name: 'gateway' }, { group: 'core', kind: 'Service', name: 'podinfo' }],
    };
    expect(fields({}, { service })).toEqual([
      'spec.service.delegation',
      'spec.service.gateways',
      'spec.service.trafficPolicy',
      'spec.service.retries',
      'spec.service.meshName',
      'spec.service.backends',
      'spec.service.corsPolicy',
      'spec.service.mirror',
      'spec.service.gatewayRefs[1].kind',
    ]);
  });

  it('names the item of a list and the entry of a map', () => {
    const match = [
      { uri: { exact: '/' } },
      { scheme: { exact: 'https' }, headers: { cookie: { prefix: 'a' } } },
    ];
    expect(fields({}, { service: { match } })).toEqual([
      'spec.service.match[1].scheme',
      'spec.service.match[1].headers.cookie.prefix',
    ]);
  });

  it('names what an analysis asks beyond metrics', () => {
    const analysis = {
      match: [{ headers: { a: { exact: 'b' } } }],
      mirror: true,
      mirrorWeight: 10,
      sessionAffinity: { cookieName: 'c' },
      webhooks: [{ name: 'w', url: 'http://x' }],
    };
    expect(fields({}, { analysis, kind: 'DaemonSet' })).toEqual([
      'spec.targetRef.kind',
      'spec.analysis.match',
      'spec.analysis.mirror',
      'spec.analysis.mirrorWeight',
      'spec.analysis.sessionAffinity',
      'spec.analysis.webhooks',
    ]);
  });
});

function templateOf(type: string) {
  return MetricTemplateSpec.parse({ provider: { type, address: 'http://x' }, query: 'q' });
}

function providerOf(type: string) {
  return AlertProviderSpec.parse({ type, address: 'https://x' });
}

describe('unsupported providers', () => {
  it('says which provider and what to use', () => {
    expect(unsupportedMetricTemplate(templateOf('prometheus'))).toEqual([]);
    expect(unsupportedMetricTemplate(templateOf('datadog'))).toEqual([
      { field: 'spec.provider.type', message: 'datadog is not built yet; only prometheus is' },
    ]);
    expect(unsupportedAlertProvider(providerOf('slack'))).toEqual([]);
    expect(unsupportedAlertProvider(providerOf('discord'))).toEqual([
      { field: 'spec.type', message: 'discord is not built yet; only slack is' },
    ]);
  });
});
