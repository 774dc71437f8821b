/** Bad input: each mistake is named by a condition and an Event, nothing that serves changes, and mending it goes on without a restart. */
import { expect, test } from 'vitest';
import {
  AlertProviders,
  Canaries,
  Deployments,
  Gateways,
  ManifestRepositories,
  MetricTemplates,
} from '../../src/api/resources.ts';
import { statusOf } from './oracle/replay.ts';
import { byImage, type CanarySpecDraft, canarySpec, createCanary } from './story.ts';
import { namespace, primary, target, World } from './world.ts';

interface Mistake {
  readonly what: string;
  readonly make: (world: World, spec: CanarySpecDraft) => unknown;
  readonly reason: string;
  /** Words of the message: the field or object, and the fix. */
  readonly names: readonly string[];
  readonly mend: (world: World) => unknown;
}

const canary = { namespace, name: target.name };

function patchCanary(spec: Record<string, unknown>) {
  return (world: World) => world.user.patch(Canaries, canary, { spec });
}

function metrics(metric: Record<string, unknown>) {
  return (_world: World, spec: CanarySpecDraft) => {
    spec.analysis['metrics'] = [{ name: 'errors', interval: '10s', thresholdRange: { min: 99 }, ...metric }];
  };
}

const goodMetrics = patchCanary({ analysis: { metrics: canarySpec().analysis['metrics'] } });

async function withoutTarget(world: World): Promise<void> {
  await world.user.delete(Deployments, target);
}

function createTarget(matchLabels: Record<string, string>) {
  return (world: World) =>
    world.user.create(Deployments, {
      metadata: { ...target },
      spec: {
        replicas: 2,
        selector: { matchLabels },
        template: {
          metadata: { labels: { app: 'podinfo', ...matchLabels } },
          spec: { containers: [{ name: 'app', image: 'app:v1' }] },
        },
      },
    });
}

const mistakes: readonly Mistake[] = [
  {
    what: 'a provider that is not built',
    make: (_world, spec) => {
      spec.provider = 'istio';
    },
    reason: 'Unsupported',
    names: ['spec.provider', 'gatewayapi:v1'],
    mend: patchCanary({ provider: 'gatewayapi:v1' }),
  },
  {
    what: 'a field that is not built',
    make: (_world, spec) => {
      spec.analysis['webhooks'] = [{ name: 'gate', url: 'http://gate.example.com' }];
    },
    reason: 'Unsupported',
    names: ['spec.analysis.webhooks'],
    mend: patchCanary({ analysis: { webhooks: null } }),
  },
  {
    what: 'a missing target',
    make: withoutTarget,
    reason: 'TargetMissing',
    names: ['Deployment podinfo', namespace],
    mend: createTarget({ app: 'podinfo' }),
  },
  {
    what: 'a target without the selector label',
    make: async world => {
      await withoutTarget(world);
      await createTarget({ tier: 'web' })(world);
    },
    reason: 'SelectorLabelMissing',
    names: ['podinfo', 'app'],
    mend: async world => {
      await withoutTarget(world);
      await createTarget({ app: 'podinfo' })(world);
    },
  },
  {
    what: 'two Canaries on one target',
    make: async world => {
      await createCanary(world, {}, 'older');
      await world.run(1);
      await world.user.patch(Canaries, { namespace, name: 'older' }, { spec: { suspend: true } });
    },
    reason: 'DuplicateTarget',
    names: ['spec.targetRef', 'Canary older', 'delete'],
    mend: world => world.user.delete(Canaries, { namespace, name: 'older' }),
  },
  {
    what: 'a missing Gateway',
    make: world => world.user.delete(Gateways, { namespace, name: 'gateway' }),
    reason: 'GatewayMissing',
    names: ['gateway'],
    mend: world =>
      world.user.create(Gateways, {
        metadata: { namespace, name: 'gateway' },
        spec: { gatewayClassName: 'traefik' },
      }),
  },
  {
    what: 'a missing MetricTemplate',
    make: metrics({ templateRef: { name: 'errors' } }),
    reason: 'MetricTemplateMissing',
    names: ['spec.analysis.metrics[0].templateRef', `MetricTemplate ${namespace}/errors`, 'create it'],
    mend: world =>
      world.user.create(MetricTemplates, {
        metadata: { namespace, name: 'errors' },
        spec: { provider: { type: 'prometheus', address: 'http://prometheus.monitoring:9090' }, query: 'up' },
      }),
  },
  {
    what: "another namespace's MetricTemplate",
    make: metrics({ templateRef: { name: 'errors', namespace: 'other' } }),
    reason: 'CrossNamespaceReference',
    names: ['spec.analysis.metrics[0].templateRef', 'copy it'],
    mend: goodMetrics,
  },
  {
    what: 'a query that does not parse',
    make: metrics({ query: 'sum(rate(x[{{ interval }}{{ if }}]))' }),
    reason: 'InvalidQuery',
    names: ['spec.analysis.metrics[0].query', '1:'],
    mend: goodMetrics,
  },
  {
    what: 'a missing AlertProvider',
    make: world => world.user.delete(AlertProviders, { namespace, name: 'slack' }),
    reason: 'AlertProviderMissing',
    names: ['spec.analysis.alerts[0].providerRef', `AlertProvider ${namespace}/slack`, 'create it'],
    mend: world =>
      world.user.create(AlertProviders, {
        metadata: { namespace, name: 'slack' },
        spec: { type: 'slack', secretRef: { name: 'slack' } },
      }),
  },
  {
    what: 'a missing ManifestRepository',
    make: world => world.user.delete(ManifestRepositories, { name: 'manifests' }),
    reason: 'ManifestRepositoryMissing',
    names: ['spec.rollback.git.repositoryRef', 'ManifestRepository manifests'],
    mend: world =>
      world.user.create(ManifestRepositories, {
        metadata: { name: 'manifests' },
        spec: {
          url: 'https://git.example.com/acme/manifests.git',
          allow: { namespaces: [namespace], paths: ['apps/**'] },
        },
      }),
  },
  {
    what: 'a repository that is not for this namespace',
    make: world =>
      world.user.patch(
        ManifestRepositories,
        { name: 'manifests' },
        { spec: { allow: { namespaces: ['other'] } } },
      ),
    reason: 'ManifestRepositoryDenied',
    names: ['ManifestRepository manifests', `namespace ${namespace}`],
    mend: world =>
      world.user.patch(
        ManifestRepositories,
        { name: 'manifests' },
        { spec: { allow: { namespaces: [namespace] } } },
      ),
  },
];

function condition(world: World, type: string) {
  return statusOf(world.canary()).conditions?.find(other => other.type === type);
}

function events(world: World, reason: string): string[] {
  return world.history.flatMap(entry =>
    entry.type === 'event' && entry.reason === reason ? [entry.note] : [],
  );
}

test.each(mistakes.map(mistake => [mistake.what, mistake] as const))(
  '%s, from the beginning',
  async (_what, mistake) => {
    const world = new World();
    await world.install();
    const spec = canarySpec();
    await mistake.make(world, spec);
    await world.user.create(Canaries, { metadata: canary, spec });
    await world.run(30);
    expect(condition(world, 'Stalled')).toMatchObject({ status: 'True', reason: mistake.reason });
    for (const name of mistake.names) expect(condition(world, 'Stalled')?.message).toContain(name);
    expect(events(world, mistake.reason), 'told once').toEqual([condition(world, 'Stalled')?.message]);
    const owners = world.kube.peek(Deployments, primary)?.metadata.ownerReferences ?? [];
    expect(
      owners.map(owner => owner.name),
      'nothing was touched',
    ).not.toContain(target.name);
    await mistake.mend(world);
    await world.run(60);
    expect(statusOf(world.canary()).phase).toBe('Initialized');
    expect(condition(world, 'Stalled')).toBeUndefined();
  },
);

test.each([
  ['a missing MetricTemplate', 'MetricTemplateMissing'],
  ['a query that does not parse', 'InvalidQuery'],
  ['a missing ManifestRepository', 'ManifestRepositoryMissing'],
])('%s before a release: the run does not start, and starts when it is mended', async (what, reason) => {
  const mistake = mistakes.find(other => other.what === what);
  const world = new World();
  world.metrics.script = byImage;
  await world.install();
  await createCanary(world, {});
  await world.run(20);
  const spec = canarySpec();
  await mistake?.make(world, spec);
  await world.user.patch(Canaries, canary, { spec: { analysis: spec.analysis } });
  world.manifests.push('app:v2');
  await world.run(30);
  expect(condition(world, 'Stalled')).toMatchObject({ status: 'True', reason });
  expect(statusOf(world.canary()).phase).toBe('Initialized');
  await mistake?.mend(world);
  await world.run(200);
  expect(statusOf(world.canary())).toMatchObject({ phase: 'Succeeded' });
});

test('Git that refuses is a condition with its reason, and the revert goes on once it is mended', async () => {
  const world = new World();
  world.metrics.script = byImage;
  await world.install();
  await createCanary(world, {});
  await world.run(20);
  world.manifests.mode = 'down';
  world.manifests.push('app:bad');
  await world.manifests.sync();
  await world.run(60);
  expect(statusOf(world.canary())).toMatchObject({
    phase: 'Failed',
    canaryWeight: 0,
    rollback: { state: 'Pending' },
  });
  expect(condition(world, 'GitReady')).toMatchObject({ status: 'False' });
  expect(events(world, 'RevertFailed')).toHaveLength(1);
  world.manifests.mode = 'up';
  await world.run(90);
  expect(statusOf(world.canary()).rollback).toMatchObject({ state: 'Done', verdict: 'Reverted' });
  expect(condition(world, 'GitReady')).toMatchObject({ status: 'True' });
});

test('Slack that refuses is a condition with its reason, and the message comes once it is mended', async () => {
  const world = new World();
  await world.install();
  world.slack.mode = 'down';
  await createCanary(world, {});
  await world.run(40);
  expect(condition(world, 'AlertsReady')).toMatchObject({ status: 'False', reason: 'Unreachable' });
  expect(condition(world, 'AlertsReady')?.message).toContain(`AlertProvider ${namespace}/slack`);
  expect(events(world, 'AlertFailed')).toHaveLength(1);
  world.slack.mode = 'up';
  await world.run(90);
  expect(condition(world, 'AlertsReady')).toMatchObject({ status: 'True' });
  expect(world.history.filter(entry => entry.type === 'alert' && entry.delivered)).toHaveLength(1);
});
