import { afterAll, describe, expect, inject, it } from 'vitest';
import { type SchemaNode, structuralSchema } from '../../src/api/crd.ts';
import { kinds } from '../../src/api/kinds.ts';
import { connect } from './crd-client.ts';
import { analysis, collection, type Fields, objectOf, spec } from './crd-objects.ts';

const client = connect(inject('apiServer'));
afterAll(() => client.close());

interface Case {
  readonly kind: string;
  readonly wrong: Fields;
  /** The field that the answer must name. */
  readonly field: string;
  /** The rule's message. */
  readonly message: string;
}

function onCanary(field: string, message: string, change: Fields): Case {
  return { kind: 'Canary', wrong: spec.canary(change), field: `spec.${field}`, message };
}

function onAnalysis(field: string, message: string, change: Fields): Case {
  const modes = ['iterations', 'stepWeight', 'stepWeights'];
  const mode = Object.keys(change).some(key => modes.includes(key)) ? {} : { stepWeight: 10 };
  return onCanary(`analysis${field === '' ? '' : `.${field}`}`, message, {
    analysis: { ...mode, ...change },
  });
}

const oneMode = 'set exactly one of iterations, stepWeight and stepWeights';
const oneMatch = 'set only one of exact, prefix, suffix and regex';
const rising = 'must rise from step to step';
const day = 'must be at least 1s and at most 24h';
const week = 'must be at least 1s and at most 168h';
const port = 'must be a port from 1 to 65535, or the name of a container port';
const path =
  "must be relative to the repository's root, without a slash at either end and without the parts ., .. and .git";
const template = 'templateRef must be set, unless name is request-success-rate or request-duration';
const serviceName =
  'service.name must be set, because the name of the target cannot be the name of a Service';
const two = { exact: 'a', regex: 'b' };

function gitAt(where: string): Fields {
  return { rollback: { git: { repositoryRef: { name: 'manifests' }, path: where } } };
}

function target(name: string): Fields {
  return { targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name } };
}

function onCheck(field: string, message: string, check: Fields): Case {
  return onAnalysis(`checks[0]${field}`, message, { checks: [{ name: 'errors', ...check }] });
}

function checkCases(): Case[] {
  const sides = { canary: { total: 'a', bad: 'b' }, primary: { total: 'a', bad: 'b' } };
  const buckets = { canary: { buckets: 'a' }, primary: { buckets: 'a' } };
  const oneKind = 'set exactly one of compare, threshold, burnRate, gauge and webhook';
  const withOf = 'counts go with Errors, histograms with Latency';
  const slower = 'slowerThan needs Latency and objective';
  const oneBudget = 'set exactly one of failedRequests and errorBudget';
  const errorBudget = { objective: 99.9, share: 1 };
  const checks = [{ name: 'errors', compare: {} }];
  return [
    onCheck('', oneKind, {}),
    onCheck('', oneKind, { compare: {}, threshold: { maxErrorPercent: 1 } }),
    onCheck('.compare', withOf, { compare: { histograms: buckets } }),
    onCheck('.compare', withOf, { compare: { of: 'Latency', counts: sides } }),
    onCheck('.compare', slower, { compare: { slowerThan: '1s' } }),
    onCheck('.compare', slower, { compare: { of: 'Latency', slowerThan: '1s' } }),
    onCheck('.compare', 'objective of Latency needs slowerThan', {
      compare: { of: 'Latency', objective: 99 },
    }),
    onCheck('.compare.slowerThan', 'must be at least 1ms and at most 10m', {
      compare: { of: 'Latency', objective: 99, slowerThan: '11m' },
    }),
    onCheck('.burnRate.window', 'must be at least 10s and at most 1h', {
      burnRate: { objective: 99, window: '2h' },
    }),
    onCheck('.gauge', 'set exactly one of metric and series', { gauge: {} }),
    onCheck('.gauge', 'tolerance.percent must be below 100 where Lower is worse: no gauge falls further', {
      gauge: { metric: 'a', worse: 'Lower', tolerance: { percent: 100 } },
    }),
    onCheck('.gauge.every', 'must be at least 5s and at most 10m', { gauge: { metric: 'a', every: '1s' } }),
    onCheck('.webhook.timeout', 'must be at least 1s and at most 30s', {
      webhook: { url: 'http://judge', timeout: '1m' },
    }),
    onCheck('.webhook.every', 'must be at least 5s and at most 1h', {
      webhook: { url: 'http://judge', every: '1s' },
    }),
    onCheck('.burnRate.longWindow', 'must be at least 1m and at most 6h', {
      burnRate: { objective: 99, longWindow: '7h' },
    }),
    onCheck('.burnRate', 'longWindow must be longer than window', {
      burnRate: { objective: 99, longWindow: '5m' },
    }),
    onAnalysis('checks', 'each name may be used once', { checks: [...checks, ...checks] }),
    onAnalysis('warmUp', 'must be at least 0s and at most 1h', { warmUp: '2h' }),
    onAnalysis('impactBudget', oneBudget, { checks, impactBudget: {} }),
    onAnalysis('impactBudget', oneBudget, { checks, impactBudget: { failedRequests: 25, errorBudget } }),
    onAnalysis('', 'impactBudget needs a check that compares errors', {
      impactBudget: { failedRequests: 25 },
    }),
    onAnalysis('', 'impactBudget needs a check that compares errors', {
      impactBudget: { failedRequests: 25 },
      checks: [{ name: 'latency', compare: { of: 'Latency' } }],
    }),
    onAnalysis(
      '',
      'checks need stepWeight or stepWeights: without requests on both sides there is nothing to compare',
      {
        iterations: 3,
        checks,
      },
    ),
  ];
}

const promotionYaml = { path: 'apps/values.yaml', key: 'image.tag' };

function promoting(change: Fields): Fields {
  const production = {
    name: 'production',
    repositoryRef: { name: 'manifests' },
    updates: [{ yaml: promotionYaml }],
  };
  return { promotion: [{ ...production, ...change }] };
}

function promotedTwice(): Fields {
  const { promotion } = promoting({});
  return { promotion: Array.isArray(promotion) ? [...promotion, ...promotion] : [] };
}

const oneUpdate = 'set exactly one of kustomize, yaml and manifest';
const onTarget = 'promotion[0]';

const cases: readonly Case[] = [
  onCanary('rollback.git.delay', 'must be at least 0s and at most 24h', {
    rollback: { git: { repositoryRef: { name: 'manifests' }, delay: '25h' } },
  }),
  onCanary('rollback.quarantine.for', 'must be at least 1s and at most 8760h', {
    rollback: { quarantine: { for: '8761h' } },
  }),
  onCanary('promotion', 'name must be unique among the targets', promotedTwice()),
  onCanary(`${onTarget}.updates[0]`, oneUpdate, promoting({ updates: [{}] })),
  onCanary(
    `${onTarget}.updates[0]`,
    oneUpdate,
    promoting({ updates: [{ yaml: promotionYaml, kustomize: { path: 'a', image: 'b' } }] }),
  ),
  onCanary(
    `${onTarget}.updates[0]`,
    'write can be Image for yaml only',
    promoting({ updates: [{ kustomize: { path: 'a', image: 'b' }, write: 'Image' }] }),
  ),
  onCanary(
    `${onTarget}.updates[0].yaml.path`,
    path,
    promoting({ updates: [{ yaml: { ...promotionYaml, path: '../x' } }] }),
  ),
  onCanary(onTarget, 'autoMerge needs the strategy PullRequest', promoting({ autoMerge: true })),
  onCanary(`${onTarget}.soak`, 'must be at least 0s and at most 720h', promoting({ soak: '721h' })),
  onCanary(
    `${onTarget}.windows[0]`,
    'to must differ from from',
    promoting({ windows: [{ from: '09:00', to: '09:00' }] }),
  ),
  {
    kind: 'Canary',
    wrong: spec.canary({ analysis: { threshold: 1 } }),
    field: 'spec.analysis',
    message: oneMode,
  },
  onAnalysis('', oneMode, { stepWeight: 10, iterations: 5 }),
  onAnalysis('', oneMode, { stepWeight: 10, stepWeights: [10] }),
  onAnalysis('stepWeights', rising, { stepWeights: [10, 5] }),
  onAnalysis('stepWeights', rising, { stepWeights: [10, 10] }),
  onAnalysis('interval', day, { interval: '999ms' }),
  onAnalysis('interval', day, { interval: '24h1s' }),
  onAnalysis('metrics[0].interval', day, { metrics: [{ name: 'request-duration', interval: '0s' }] }),
  onAnalysis('metrics[0]', template, { metrics: [{ name: 'mine' }] }),
  onAnalysis('metrics[0].thresholdRange', 'min must not be greater than max', {
    metrics: [{ name: 'request-duration', thresholdRange: { min: 1.5, max: 1 } }],
  }),
  ...['noData', 'error', 'inconclusive'].map(kind =>
    onAnalysis(`undecided.${kind}.timeLimit`, week, { undecided: { [kind]: { timeLimit: '169h' } } }),
  ),
  ...checkCases(),
  onAnalysis('match[0].headers[x]', oneMatch, { match: [{ headers: { x: two } }] }),
  onCanary('service.match[0].uri', oneMatch, { service: { port: 80, match: [{ uri: two }] } }),
  onCanary('service.targetPort', port, { service: { port: 80, targetPort: 0 } }),
  onCanary('service.targetPort', port, { service: { port: 80, targetPort: 65_536 } }),
  onCanary('service.targetPort', port, { service: { port: 80, targetPort: 'HTTP' } }),
  onCanary('service.mirror[0].backendRef', 'port must be set for a Service', {
    service: { port: 80, mirror: [{ backendRef: { name: 'x' } }] },
  }),
  ...['/apps', 'apps/', 'apps//x', '../x', 'a/./b', '.git/hooks'].map(where =>
    onCanary('rollback.git.path', path, gitAt(where)),
  ),
  { kind: 'Canary', wrong: spec.canary(target('pod.info')), field: 'spec', message: serviceName },
  { kind: 'Canary', wrong: spec.canary(target('x'.repeat(56))), field: 'spec', message: serviceName },
  {
    kind: 'MetricTemplate',
    wrong: { provider: { type: 'prometheus' }, query: 'up' },
    field: 'spec.provider',
    message: 'address must be set for prometheus',
  },
  {
    kind: 'AlertProvider',
    wrong: { type: 'slack' },
    field: 'spec',
    message: 'set address, secretRef or both',
  },
];

const transitions = {
  targetRef: 'cannot change; make another Canary for another workload',
  service: 'service.name cannot change; make another Canary for another Service',
};

describe.each(cases)('$kind: $field $message', ({ kind, wrong, field, message }) => {
  it('is refused by the API server, which names the field', async () => {
    const { status, body } = await client.ask(
      'POST',
      `${collection(kind)}?dryRun=All`,
      objectOf(kind, wrong),
    );
    expect(status).toBe(422);
    expect(body.message).toContain(`${field}: Invalid value`);
    expect(body.message).toContain(message);
  });

  it("is refused by the operator's parser too", () => {
    const issues = kinds.find(one => one.resource.kind === kind)?.spec.safeParse(wrong).error?.issues ?? [];
    expect(issues.map(issue => issue.message)).toContain(message);
  });
});

describe('what cannot change', () => {
  const name = 'immutable';
  const url = `${collection('Canary')}/${name}`;
  const change = (patch: Fields) => client.ask('PATCH', `${url}?dryRun=All`, { spec: patch });

  it('is the target and the name of the Service', async () => {
    const created = await client.ask('POST', collection('Canary'), objectOf('Canary', spec.canary(), name));
    expect(created.status, created.body.message).toBe(201);

    const otherTarget = await change({ targetRef: { name: 'other' }, service: { name: 'podinfo' } });
    expect(otherTarget.status).toBe(422);
    expect(otherTarget.body.message).toContain(
      `spec.targetRef: Invalid value: "object": ${transitions.targetRef}`,
    );

    const otherService = await change({ service: { name: 'other' } });
    expect(otherService.status).toBe(422);
    expect(otherService.body.message).toContain(transitions.service);

    expect((await change({ service: { name: 'podinfo' } })).status).toBe(200);
    expect((await change({ service: { port: 80 }, analysis: analysis({ maxWeight: 40 }) })).status).toBe(200);
  });
});

function messagesBelow(node: SchemaNode): string[] {
  const children = [...Object.values(node.properties ?? {}), node.items, node.additionalProperties];
  const own = (node['x-kubernetes-validations'] ?? []).map(({ message }) => message);
  return [...own, ...children.flatMap(child => (child === undefined ? [] : messagesBelow(child)))];
}

it('covers every rule that the schemas have', () => {
  const tested = new Set([...cases.map(({ message }) => message), ...Object.values(transitions)]);
  const written = new Set(kinds.flatMap(kind => messagesBelow(structuralSchema(kind.spec))));
  expect([...written].filter(message => !tested.has(message))).toEqual([]);
});
