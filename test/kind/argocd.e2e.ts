/** Real Argo CD applies what is pushed: a bad release is taken back in the cluster and in Git, and Argo CD applies the revert. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { argued, removeApplication, startArguedApp } from './e2e/argued-app.ts';
import { shop } from './e2e/checkout.ts';
import { exampleFiles } from './e2e/example.ts';
import { condition, type Followed, follow } from './e2e/follow.ts';
import { startGitOpsExample } from './e2e/gitops-example.ts';
import {
  apply,
  argoCdCredentials,
  argoCdNamespace,
  type GitRepository,
  getObject,
  installArgoCd,
  kubectl,
  loadStats,
  refreshApplication,
  startLoad,
  stopLoad,
  summarize,
  throughGateway,
  waitFor,
} from './fixture.ts';

type Application = {
  status?: {
    health?: { status?: string };
    sync?: { status?: string };
    operationState?: { phase?: string; syncResult?: { revision?: string; revisions?: string[] } };
  };
};
type Deployment = {
  spec: {
    replicas: number;
    template: { spec: { containers: { image: string; env?: { value: string }[] }[] } };
  };
};

type Subject = {
  what: string;
  namespace: string;
  name: string;
  host: string;
  application: { name: string; namespace: string };
  confidence: string;
  path: string;
  start(): Promise<{
    repository: GitRepository;
    releaseBad(): Promise<string>;
    push(message: string, files: Record<string, string>): Promise<string>;
    remove(): Promise<void>;
  }>;
};

const checkout = { name: 'checkout', namespace: argoCdNamespace };
const subjects: Subject[] = [
  {
    what: 'the example, from one source',
    namespace: shop.namespace,
    name: shop.canary,
    host: shop.host,
    application: checkout,
    confidence: 'High',
    path: 'apps/checkout',
    async start() {
      const example = await startGitOpsExample({
        example: 'argocd',
        credentials: [],
        tell: () => refreshApplication(checkout.name, checkout.namespace),
        stop: () => removeApplication(checkout.name, checkout.namespace),
      });
      return { ...example, releaseBad: () => example.release('1.2.0') };
    },
  },
  {
    what: 'an Application of a team, from two sources',
    ...argued,
    confidence: 'Medium',
    path: 'apps/web',
    async start() {
      const app = await startArguedApp();
      return { ...app, releaseBad: () => app.release('1.1.0', 0.5) };
    },
  },
];

beforeAll(async () => {
  const settings: { data: Record<string, string> } = parse(
    exampleFiles('argocd/platform')['argocd-cm.yaml'] ?? '',
  );
  await installArgoCd(settings.data);
  await apply(argoCdCredentials('git-server', argoCdNamespace));
});

afterAll(async () => {
  await kubectl(['delete', 'namespace', argoCdNamespace, '--ignore-not-found', '--wait=false']);
});

describe.each(subjects)('$what', subject => {
  const { namespace, name, host, application } = subject;
  let running: Awaited<ReturnType<Subject['start']>>;
  let canary: Followed;
  let commit = '';

  beforeAll(async () => {
    running = await subject.start();
    canary = await follow(namespace, name);
    await canary.phase('Initialized', 180_000);
    await waitFor('an answer', async () => ((await throughGateway(host)).status === 200 ? true : undefined));
    await startLoad({ stream: namespace, host, rate: 60 });
  });

  afterAll(async () => {
    canary.stop();
    await stopLoad(namespace).catch(() => {});
    await running.remove();
  });

  /** Argo CD went through with this commit, and all of it is as Git says and healthy. */
  async function appliedByArgoCd(wanted: string): Promise<void> {
    await waitFor(
      `Argo CD to apply ${wanted}`,
      async () => {
        const object = await getObject<Application>(
          'application.argoproj.io',
          application.name,
          application.namespace,
        );
        const { operationState, sync, health } = object?.status ?? {};
        const { revision, revisions = [] } = operationState?.syncResult ?? {};
        const isDone =
          operationState?.phase === 'Succeeded' && sync?.status === 'Synced' && health?.status === 'Healthy';
        if (isDone && [revision, ...revisions].includes(wanted)) return true;
        throw new Error(JSON.stringify({ operationState, sync, health }).slice(0, 600));
      },
      { timeoutMs: 90_000 },
    );
  }

  async function target(): Promise<Deployment | undefined> {
    return getObject<Deployment>('deployment', name, namespace);
  }

  it('is found by its Application: branch, path and commit', async () => {
    const { promoted } = await canary.until('the place', status => status.promoted?.git?.tree !== undefined);
    const [first] = await running.repository.log();
    expect(promoted?.git).toMatchObject({
      branch: 'main',
      path: subject.path,
      commit: first?.commit,
      confidence: subject.confidence,
      evidence: `Application ${application.namespace}/${application.name} at ${first?.commit}`,
    });
  });

  it('loses the traffic of a bad release, which is reverted by one commit', async () => {
    const before = (await target())?.spec.template;
    const end = await canary.runOf(async () => {
      commit = await running.releaseBad();
    });
    expect(end).toMatchObject({ phase: 'Failed', reason: 'ChecksFailed', canaryWeight: 0 });
    const { rollback } = await canary.until(
      'the revert',
      status => status.rollback?.runId === end.run?.id && status.rollback?.state === 'Done',
    );
    expect(rollback).toMatchObject({ verdict: 'Reverted', failedCommit: commit });
    await running.repository.pull();
    const [revert, bad] = await running.repository.log();
    expect([revert?.commit, bad?.commit]).toEqual([rollback?.commit, commit]);
    expect(revert?.body).toContain(
      `It was applied by Application ${application.namespace}/${application.name} at ${commit} (confidence ${subject.confidence}).`,
    );
    await appliedByArgoCd(revert?.commit ?? '');
    expect((await target())?.spec.template).toEqual(before);
  });

  it('is left in peace from then on: no run, no second revert, no pods of the target', async () => {
    await canary.until('Ready', status => condition(status, 'Ready') === 'True');
    const run = canary.status().run?.id;
    const unrelated = await running.push('Notes', { 'docs/notes.md': 'What was wrong\n' });
    await refreshApplication(application.name, application.namespace);
    await waitFor('Argo CD to look', async () => {
      const object = await getObject<{ status?: { sync?: { revision?: string; revisions?: string[] } } }>(
        'application.argoproj.io',
        application.name,
        application.namespace,
      );
      const { revision, revisions = [] } = object?.status?.sync ?? {};
      return [revision, ...revisions].includes(unrelated) ? true : undefined;
    });
    await running.repository.pull();
    expect((await running.repository.log(`${commit}..HEAD`)).map(({ subject: title }) => title)).toEqual([
      'Notes',
      expect.stringMatching(/^Revert /u),
    ]);
    expect(canary.status().run?.id).toBe(run);
    expect((await target())?.spec.replicas).toBe(0);
    const { versions } = summarize(await loadStats({ stream: namespace }));
    expect(Object.keys(versions)).toHaveLength(2);
  });
});
