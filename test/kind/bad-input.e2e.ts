/** Bad input: a condition and an Event name the field and the way out, the application goes on, and mending the cause is enough. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, appName, canaryObject, startApp } from './e2e/app.ts';
import { condition, type Followed, follow } from './e2e/follow.ts';
import { operatorWhole, restarts } from './e2e/operator.ts';
import { patchCanary, type RepairedApp, startRepairedApp } from './e2e/repair.ts';
import { unexplainedFailures } from './e2e/shares.ts';
import {
  apply,
  deleteNamespace,
  demoDeployment,
  failSlack,
  git,
  gitCredentials,
  kubectl,
  namespaceObject,
  operatorNamespace,
  slackMessages,
  waitFor,
} from './fixture.ts';

const namespace = 'bad-input';
const apps: (App | RepairedApp)[] = [];
const followed: Followed[] = [];
let restartsBefore = 0;

beforeAll(async () => {
  await operatorWhole();
  restartsBefore = await restarts();
  await deleteNamespace(namespace);
  await apply(namespaceObject(namespace));
});

afterAll(async () => {
  for (const one of followed) one.stop();
  await Promise.all([...apps.map(app => app.remove()), deleteNamespace(namespace)]);
});

/** The same Canary under another name, so that several mistakes share a namespace. */
function named(name: string, spec: Record<string, unknown>, analysis: Record<string, unknown> = {}): object {
  const base = canaryObject({ namespace, analysis });
  const { spec: rest } = base;
  return {
    ...base,
    metadata: { name, namespace },
    spec: {
      ...rest,
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      service: { ...rest.service, hosts: [`${name}.example.com`] },
      ...spec,
    },
  };
}

async function followNew(name: string): Promise<Followed> {
  const one = await follow(namespace, name);
  followed.push(one);
  return one;
}

/** The Canary says what is wrong in both places where people look. */
async function complains(name: string, canary: Followed, reason: string, text: RegExp): Promise<void> {
  const status = await canary.until(`reason ${reason}`, now => now.reason === reason);
  expect(status.message).toMatch(text);
  expect(condition(status, 'Ready')).toBe('False');
  expect(condition(status, 'Stalled')).toBe('True');
  await hasEvent(namespace, name, reason, text);
}

async function hasEvent(where: string, name: string, reason: string, text: RegExp): Promise<void> {
  await waitFor(`Event ${reason} of ${name}`, async () => {
    const selector = `involvedObject.name=${name},reason=${reason}`;
    const notes = await kubectl([
      '-n',
      where,
      'get',
      'events',
      `--field-selector=${selector}`,
      '-o',
      messages,
    ]);
    return text.test(notes) ? true : undefined;
  });
}

/** Changes the password in the operator's Secret for the repository of this name. */
async function setPassword(repository: string, password: string): Promise<void> {
  const patch = JSON.stringify({ stringData: { password } });
  await kubectl(['-n', operatorNamespace, 'patch', 'secret', repository, '--type=merge', '-p', patch]);
}

/** Of every Event, one per line. */
const messages = 'jsonpath={range .items[*]}{.message}{"\\n"}{end}';

function deployment(name: string): object {
  return demoDeployment({ namespace, name, version: '1.0.0' });
}

function template(query: string): object {
  return {
    apiVersion: 'siskin.dev/v1beta1',
    kind: 'MetricTemplate',
    metadata: { name: 'mine', namespace },
    spec: { provider: { type: 'prometheus', address: 'http://prometheus.monitoring.svc:9090' }, query },
  };
}

// Each has objects of its own, and most of the time is waiting.
describe.concurrent('a Canary that cannot start', () => {
  it('with a provider that nobody knows is refused by the API server, and one that is not built is told so', async () => {
    await expect(apply(named('provider', { provider: 'unheard-of' }))).rejects.toThrow(/spec\.provider/u);
    await apply([deployment('provider'), named('provider', { provider: 'istio' })]);
    const canary = await followNew('provider');
    await complains(
      'provider',
      canary,
      'Unsupported',
      /spec\.provider istio is not built yet; use gatewayapi:v1/u,
    );
    await apply(named('provider', { provider: 'gatewayapi:v1' }));
    await canary.phase('Initialized');
  });

  it('without its target starts when the target comes', async () => {
    await apply(named('target', {}));
    const canary = await followNew('target');
    await complains('target', canary, 'TargetMissing', /Deployment target is not in namespace bad-input/u);
    await apply(deployment('target'));
    await canary.phase('Initialized');
  });

  it('with a target that is selected by none of the labels names them', async () => {
    await apply(JSON.stringify(deployment('labels')).replaceAll('"app":', '"component":'));
    await apply(named('labels', {}));
    const canary = await followNew('labels');
    await complains('labels', canary, 'SelectorLabelMissing', /app, name, app\.kubernetes\.io\/name/u);
    await kubectl(['-n', namespace, 'delete', 'deployment', 'labels', '--timeout=60s']);
    await apply(deployment('labels'));
    await canary.phase('Initialized');
  });

  it('on a target that has one already stands back until the other is gone', async () => {
    await apply([deployment('twice'), named('twice', {})]);
    const older = await followNew('twice');
    await older.phase('Initialized');
    const second = named('twice-again', {
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'twice' },
    });
    await apply(second);
    const younger = await followNew('twice-again');
    await complains(
      'twice-again',
      younger,
      'DuplicateTarget',
      /Deployment twice belongs to Canary twice already/u,
    );
    expect(older.status().phase).toBe('Initialized');
    older.stop();
    await kubectl(['-n', namespace, 'delete', 'canary.siskin.dev', 'twice', '--timeout=60s']);
    await younger.phase('Initialized');
  });

  it('behind a Gateway that is not there starts when it comes', async () => {
    await apply([
      deployment('gateway'),
      named('gateway', {
        service: {
          port: 9898,
          targetPort: 'http',
          hosts: ['gateway.example.com'],
          gatewayRefs: [{ name: 'own-gateway' }],
        },
      }),
    ]);
    const canary = await followNew('gateway');
    await complains('gateway', canary, 'GatewayMissing', /own-gateway/u);
    await apply({
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata: { name: 'own-gateway', namespace },
      spec: { gatewayClassName: 'traefik', listeners: [{ name: 'http', protocol: 'HTTP', port: 80 }] },
    });
    await canary.phase('Initialized');
  });

  it('without its MetricTemplate, or with one whose query does not parse, starts when it is right', async () => {
    const metrics = [{ name: 'mine', templateRef: { name: 'mine' }, thresholdRange: { max: 1 } }];
    await apply([deployment('template'), named('template', {}, { metrics })]);
    const canary = await followNew('template');
    await complains(
      'template',
      canary,
      'MetricTemplateMissing',
      /metrics\[0\]\.templateRef: MetricTemplate bad-input\/mine does not exist; create it/u,
    );
    await apply(template('vector({{ intervall }})'));
    await complains('template', canary, 'InvalidQuery', /spec\.query does not parse/u);
    await apply(template('vector(0)'));
    await canary.phase('Initialized');
  });
});

describe.concurrent('a release meets', () => {
  it('a Prometheus that cannot be reached: it holds, and goes on when the address is right', async () => {
    const app = await startApp({
      namespace: 'bad-prometheus',
      spec: { metricsServer: 'http://no-prometheus.monitoring.svc:9090' },
    });
    apps.push(app);
    const run = app.canary.runOf(() => app.release({ version: '1.1.0' }));
    const held = await app.canary.until('a run that holds', now => now.reason === 'MetricsUnavailable');
    expect(held).toMatchObject({ phase: 'Progressing', failedChecks: 0 });
    expect(held.message).toMatch(/request-success-rate has no verdict: .*no-prometheus/u);
    await hasEvent(app.namespace, appName, 'MetricsUnavailable', /no-prometheus/u);
    await patchCanary(app.namespace, { metricsServer: null });
    expect(await run).toMatchObject({ phase: 'Succeeded', failedChecks: 0 });
    expect(unexplainedFailures(await app.seconds())).toEqual({});
  });

  it('wrong Git credentials and a Slack that refuses: traffic is back at once, Git and Slack follow when both are mended', async () => {
    const app = await startRepairedApp({ namespace: 'bad-credentials' });
    apps.push(app);
    await app.canary.until('the position in Git', ({ promoted }) => promoted?.git?.tree !== undefined);
    const lastMessage = (await slackMessages()).at(-1)?.number ?? 0;
    const before = app.canary.status().run?.id;
    const run = app.canary.runOf(() => app.commit({ version: '1.1.0', errorRate: 0.5 }));
    await app.canary.until(
      'the position in Git',
      ({ run: now }) => now?.id !== before && now?.git?.state === 'Recorded',
    );
    await setPassword('bad-credentials', 'not-the-password');
    await failSlack({ mode: 'refuse' });
    try {
      expect(await run).toMatchObject({ phase: 'Failed' });
      await app.allFrom('1.0.0');
      const { rollback } = await app.canary.until(
        'a failed try',
        now => now.rollback?.lastError !== undefined,
      );
      expect(rollback).toMatchObject({ state: 'Pending' });
      expect(rollback?.lastError).toMatch(
        /ManifestRepository bad-credentials: the Git server refused the credentials; check the Secret/u,
      );
      expect(JSON.stringify(app.canary.status())).not.toContain('not-the-password');
      await hasEvent(app.namespace, appName, 'RevertFailed', /refused the credentials/u);
      await hasEvent(app.namespace, appName, 'AlertFailed', /AlertProvider bad-credentials\/slack/u);
    } finally {
      await failSlack({ mode: 'none' });
      await apply(gitCredentials('bad-credentials', operatorNamespace));
    }
    const { rollback } = await app.canary.until('the revert', now => now.rollback?.state === 'Done', 90_000);
    expect(rollback?.verdict).toBe('Reverted');
    await app.canary.until('an empty outbox', now => (now.outbox ?? []).length === 0, 90_000);
    expect((await slackMessages(lastMessage)).some(({ channel }) => channel === app.namespace)).toBe(true);
    expect(unexplainedFailures(await app.seconds(), '1.1.0')).toEqual({});
  });

  it('a path outside of the allow-list: nothing is written, and the reason is told', async () => {
    const app = await startRepairedApp({
      namespace: 'bad-path',
      repositorySpec: { allow: { namespaces: ['bad-path'], paths: ['apps/other/**'] } },
    });
    apps.push(app);
    expect(await app.canary.runOf(() => app.commit({ version: '1.1.0', errorRate: 0.5 }))).toMatchObject({
      phase: 'Failed',
    });
    await app.allFrom('1.0.0');
    const commit = (await app.repository.log())[0]?.commit ?? '';
    const refused = await app.canary.until('the refusal', ({ rollback }) =>
      /allowed paths/u.test(`${rollback?.lastError} ${rollback?.message}`),
    );
    expect(refused.rollback?.commit).toBeUndefined();
    expect(await app.subjectsAfter(commit)).toEqual([]);
  });

  it('a branch that is not there: the release goes on, the revert waits for the branch to come', async () => {
    const app = await startRepairedApp({ namespace: 'bad-branch', repositorySpec: { branch: 'production' } });
    apps.push(app);
    await hasEvent(app.namespace, appName, 'GitPositionUnknown', /branch does not exist/u);
    await git(['push', '--quiet', 'origin', 'main:production'], app.repository.folder);
    await app.canary.until(
      'the position in Git',
      ({ promoted }) => promoted?.git?.tree !== undefined,
      90_000,
    );
    expect(unexplainedFailures(await app.seconds())).toEqual({});
  });
});

it('nothing of this restarted the operator', async () => {
  expect(await restarts()).toBe(restartsBefore);
});
