import { describe, expect, expectTypeOf, it } from 'vitest';
import type { MetricProviderSpec } from '../metrics/port.ts';
import type { MetricTemplateSpec } from './metric-template.ts';
import {
  type Canary,
  parseAlertProvider,
  parseCanary,
  parseManifestRepository,
  parseMetricTemplate,
} from './parse.ts';

const metadata = { name: 'podinfo', namespace: 'shop' };

function canary(
  change: Record<string, unknown> = {},
  analysis: Record<string, unknown> = { stepWeight: 10 },
) {
  return {
    apiVersion: 'siskin.dev/v1beta1',
    kind: 'Canary',
    metadata,
    spec: {
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'podinfo' },
      service: { port: 9898 },
      analysis,
      ...change,
    },
  };
}

function parsed(object: unknown): Canary {
  const result = parseCanary(object);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
}

function problems(object: unknown): string[] {
  const result = parseCanary(object);
  return result.ok ? [] : result.problems.map(({ field, message }) => `${field}: ${message}`);
}

describe('parseCanary', () => {
  it('fills in defaults at every depth', () => {
    const { spec, status } = parsed(
      canary(
        { service: { port: 80, gatewayRefs: [{ name: 'gateway' }] } },
        {
          stepWeight: 10,
          metrics: [{ name: 'request-duration' }],
          undecided: { error: { policy: 'Rollback' } },
        },
      ),
    );
    expect(spec.service.portName).toBe('http');
    expect(spec.service.gatewayRefs).toEqual([
      { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'gateway' },
    ]);
    expect(spec.analysis.metrics?.[0]?.interval).toBe('1m');
    expect(spec.analysis.undecided).toEqual({
      noData: { timeLimit: '10m', policy: 'Hold' },
      error: { timeLimit: '10m', policy: 'Rollback' },
      inconclusive: { timeLimit: '10m', policy: 'Hold' },
    });
    expect(status).toEqual({});
  });

  it('keeps the metadata that the controller acts on', () => {
    const object = {
      ...canary(),
      metadata: {
        ...metadata,
        uid: 'u',
        generation: 3,
        finalizers: ['siskin.dev/finalizer'],
        managedFields: [{}],
      },
    };
    expect(parsed(object).metadata).toEqual({
      ...metadata,
      uid: 'u',
      generation: 3,
      finalizers: ['siskin.dev/finalizer'],
    });
  });

  it.each([
    [{}, 'spec.analysis: set exactly one of iterations, stepWeight and stepWeights'],
    [
      { iterations: 5, stepWeight: 5 },
      'spec.analysis: set exactly one of iterations, stepWeight and stepWeights',
    ],
    [{ stepWeight: 101 }, 'spec.analysis.stepWeight: must be at most 100'],
    [{ stepWeights: [10, 10] }, 'spec.analysis.stepWeights: must rise from step to step'],
    [{ stepWeights: [10, 5] }, 'spec.analysis.stepWeights: must rise from step to step'],
    [{ stepWeight: 5, interval: '999ms' }, 'spec.analysis.interval: must be at least 1s and at most 24h'],
    [
      { stepWeight: 5, interval: 'soon' },
      'spec.analysis.interval: must be a duration such as 30s, 1m30s or 1h',
    ],
    [{ stepWeight: 5, threshold: '3' }, 'spec.analysis.threshold: must be of type number'],
    [
      { stepWeight: 5, metrics: [{ name: 'mine' }] },
      'spec.analysis.metrics[0]: templateRef must be set, unless name is request-success-rate or request-duration',
    ],
    [
      { stepWeight: 5, metrics: [{ name: 'request-duration', thresholdRange: { min: 2, max: 1 } }] },
      'spec.analysis.metrics[0].thresholdRange: min must not be greater than max',
    ],
    [
      { stepWeight: 5, undecided: { noData: { policy: 'Promote' } } },
      /policy: must be one of "Hold", "Rollback"/,
    ],
  ])('names field and fix for analysis %j', (analysis, expected) => {
    expect(problems(canary({}, analysis)).join('\n')).toMatch(expected);
  });

  it('says that a required field must be set', () => {
    expect(problems({ metadata, spec: {} })).toEqual([
      'spec.targetRef: must be set',
      'spec.service: must be set',
      'spec.analysis: must be set',
    ]);
  });

  it('never repeats a value that was written, which may be a secret', () => {
    expect(problems(canary({ metricsServer: 'https://user:hunter2@prometheus' })).join()).not.toMatch(
      'hunter2',
    );
  });

  it('stops after twenty problems', () => {
    const alerts = Array.from({ length: 16 }, () => ({}));
    expect(problems(canary({}, { stepWeight: 1, alerts }))).toHaveLength(20);
  });

  it.each([undefined, null, 7, 'canary', [], {}])('refuses %j without throwing', object => {
    expect(parseCanary(object).ok).toBe(false);
  });

  it('reads a version once, and the spec once for all versions that share it', () => {
    const first = { ...canary(), status: { phase: 'Initialized' } };
    const next = { ...first, status: { phase: 'Progressing' } };
    expect(parseCanary(first)).toBe(parseCanary(first));
    expect(parsed(next).spec).toBe(parsed(first).spec);
    expect(parsed(next).status).toEqual({ phase: 'Progressing' });
    expect(problems({ ...first, status: { phase: 'Nowhere' } })).toHaveLength(1);
    expect(parsed({ ...next, spec: { ...next.spec, suspend: true } }).spec.suspend).toBe(true);
  });

  it('wants a name for the Service when the name of the target cannot be one', () => {
    const targetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'pod.info' };
    expect(problems(canary({ targetRef }))).toEqual([
      'spec: service.name must be set, because the name of the target cannot be the name of a Service',
    ]);
    expect(problems(canary({ targetRef, service: { port: 80, name: 'podinfo' } }))).toEqual([]);
  });

  it.each(['..', '../x', '/etc', 'a//b', 'a/', './a', 'a/.git/b', 'a\nb', 'C:a', 'a*'])(
    'refuses the repository path %j',
    path => {
      const rollback = { git: { repositoryRef: { name: 'manifests' }, path } };
      expect(problems(canary({ rollback })).join()).toMatch('spec.rollback.git.path');
    },
  );

  it.each(['-x', 'a..b', 'a/', '/a', 'a b', 'refs:heads', '@{u}'])('refuses the branch %j', branch => {
    const rollback = { git: { repositoryRef: { name: 'manifests' }, path: 'apps', branch } };
    expect(problems(canary({ rollback })).join()).toMatch('spec.rollback.git.branch');
  });

  it('takes keys of the prototype for ordinary text or drops them', () => {
    const text = JSON.stringify(canary({}, { stepWeight: 5, metrics: [{ name: 'm', query: 'q' }] })).replace(
      '"query":"q"',
      '"query":"q","__proto__":{"polluted":true},"templateVariables":{"__proto__":"a","constructor":"b"}',
    );
    const { spec } = parsed(JSON.parse(text));
    expect(spec.analysis.metrics?.[0]).toEqual({
      name: 'm',
      interval: '1m',
      query: 'q',
      templateVariables: { constructor: 'b' },
    });
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });
});

describe('the other kinds', () => {
  it('reads a MetricTemplate that the metrics port understands', () => {
    const spec = { provider: { type: 'prometheus', address: 'http://prometheus:9090' }, query: 'up' };
    expect(parseMetricTemplate({ metadata, spec })).toMatchObject({
      ok: true,
      value: { spec: { provider: { insecureSkipVerify: false } } },
    });
    expect(parseMetricTemplate({ metadata, spec: { ...spec, provider: { type: 'prometheus' } } })).toEqual({
      ok: false,
      problems: [{ field: 'spec.provider', message: 'address must be set for prometheus' }],
    });
    expectTypeOf<MetricTemplateSpec>().toExtend<MetricProviderSpec>();
  });

  it('wants an address for an AlertProvider, in the open or in a Secret', () => {
    const both = { type: 'slack', address: 'https://slack.com/api', secretRef: { name: 'slack' } };
    expect(parseAlertProvider({ metadata, spec: both }).ok).toBe(true);
    expect(parseAlertProvider({ metadata, spec: { type: 'slack' } })).toEqual({
      ok: false,
      problems: [{ field: 'spec', message: 'set address, secretRef or both' }],
    });
  });

  it.each([
    ['https://git.example.com/acme/manifests.git', true],
    ['ssh://git@git.example.com:2222/acme/manifests.git', true],
    ['https://[::1]:8443/manifests', true],
    ['https://token@git.example.com/acme/manifests.git', false],
    ['https://user:password@git.example.com/acme/manifests.git', false],
    ['ssh://git:password@git.example.com/acme/manifests.git', false],
    ['ssh://-oProxyCommand=x/acme', false],
    ['file:///etc', false],
    ['ext::sh -c x', false],
    ['http://git.example.com/acme/manifests.git', false],
  ])('reads the repository URL %s: %s', (url, ok) => {
    const spec = { url, allow: { namespaces: ['shop'], paths: ['apps/**'] } };
    expect(parseManifestRepository({ metadata: { name: 'manifests' }, spec }).ok).toBe(ok);
  });

  it('fills in the limits of a ManifestRepository', () => {
    const spec = { url: 'https://git.example.com/a', allow: { namespaces: ['*'], paths: ['**'] } };
    expect(parseManifestRepository({ metadata: { name: 'manifests' }, spec })).toMatchObject({
      value: {
        spec: {
          branch: 'main',
          mode: 'Commit',
          suspend: false,
          limits: { revertsPerHour: 10, maxFiles: 20 },
          commit: { name: 'Siskin' },
        },
      },
    });
  });
});
