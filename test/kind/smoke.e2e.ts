/** The fixture itself: what the other end-to-end tests take for granted is true. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  apply,
  auditEvents,
  createGitRepository,
  deleteNamespace,
  demoDeployment,
  demoService,
  failSlack,
  gitCredentials,
  inCluster,
  kubectl,
  loadStats,
  namespaceObject,
  queryPrometheus,
  rolledOut,
  slackMessages,
  slackUrl,
  startLoad,
  stopLoad,
  summarize,
  throughGateway,
  waitFor,
} from './fixture.ts';

const namespace = 'smoke';
const host = 'smoke.example.com';

const route = {
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: { name: 'smoke', namespace },
  spec: {
    parentRefs: [{ name: 'gateway', namespace: 'default' }],
    hostnames: [host],
    rules: [
      {
        backendRefs: [
          { name: 'stable', port: 9898, weight: 80 },
          { name: 'next', port: 9898, weight: 20 },
        ],
      },
    ],
  },
};

async function postMessage(text: string): Promise<Response> {
  return fetch(`${await slackUrl()}/api/chat.postMessage`, {
    method: 'POST',
    headers: { authorization: 'Bearer xoxb-test', 'content-type': 'application/json' },
    body: JSON.stringify({ channel: '#releases', text }),
  });
}

function lookup(name: string): string {
  return `require('dns').promises.lookup('${name}').then(({address}) => console.log(address), error => console.log(error.code))`;
}

beforeAll(async () => {
  await deleteNamespace(namespace);
  await apply([namespaceObject(namespace)]);
  await apply([
    demoDeployment({ namespace, name: 'stable', version: '1.0.0' }),
    demoDeployment({ namespace, name: 'next', version: '2.0.0', errorRate: 0.5 }),
    demoService(namespace, 'stable'),
    demoService(namespace, 'next'),
    route,
  ]);
  await Promise.all([rolledOut('stable', namespace), rolledOut('next', namespace)]);
});

afterAll(async () => {
  await stopLoad('smoke').catch(() => {});
  await deleteNamespace(namespace);
});

describe('the gateway', () => {
  it('divides requests by the weights of an HTTPRoute, and Prometheus counts each side', async () => {
    await waitFor('the route to serve', async () =>
      (await throughGateway(host)).version === '' ? undefined : true,
    );
    await startLoad({ stream: 'smoke', host, rate: 100 });
    const summary = await waitFor(
      '1000 answers',
      async () => {
        const soFar = summarize(await loadStats({ stream: 'smoke' }));
        return soFar.answered >= 1_000 ? soFar : undefined;
      },
      { timeoutMs: 60_000 },
    );
    expect(summary.transportCauses).toEqual({});
    expect(summary.share('2.0.0')).toBeGreaterThan(0.15);
    expect(summary.share('2.0.0')).toBeLessThan(0.25);
    expect(Object.keys(summary.versions['2.0.0'] ?? {}).sort()).toEqual(['200', '500']);
    for (const side of ['stable', 'next']) {
      const query = `sum(traefik_service_requests_total{service=~"${namespace}-${side}-.*@kubernetesgateway"})`;
      await waitFor(`Prometheus to know ${side}`, async () => {
        const [sample] = await queryPrometheus(query);
        return Number(sample?.value[1] ?? 0) > 100 ? true : undefined;
      });
    }
  });

  it('fails no request while the side with all traffic rolls', async () => {
    const allStable = structuredClone(route);
    allStable.spec.rules = [{ backendRefs: [{ name: 'stable', port: 9898, weight: 100 }] }];
    await apply([allStable]);
    await waitFor('only the stable side to answer', async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => throughGateway(host)));
      return answers.every(({ version }) => version === '1.0.0') ? true : undefined;
    });
    await startLoad({ stream: 'smoke', host, rate: 100 });
    await apply([demoDeployment({ namespace, name: 'stable', version: '1.0.1' })]);
    await rolledOut('stable', namespace);
    await waitFor('the new version alone', async () => {
      const since = Math.floor(Date.now() / 1000) - 1;
      return summarize(await loadStats({ stream: 'smoke', since })).share('1.0.1') === 1 ? true : undefined;
    });
    const summary = summarize(await loadStats({ stream: 'smoke' }));
    expect(summary.versions['1.0.0']).toBeDefined();
    expect({ server: summary.serverErrors, transport: summary.transportErrors }).toEqual({
      server: 0,
      transport: 0,
    });
  });
});

describe('the Git host', () => {
  it('takes a push over TLS and gives it back to another clone', async () => {
    const name = `smoke-${Date.now()}`;
    const first = await createGitRepository(name);
    const commit = await first.commit('Add a file', { 'apps/demo.yaml': 'version: 1\n' });
    const second = await createGitRepository(name);
    expect(existsSync(join(second.folder, 'apps/demo.yaml'))).toBe(true);
    expect((await second.log())[0]?.commit).toBe(commit);
  });

  it('answers pods by HTTPS with its authority, and by SSH with its known host key', async () => {
    const { urlInCluster, sshUrlInCluster, commit } = await createGitRepository('smoke-pods');
    await commit(`State of ${new Date().toISOString()}`, { 'state.txt': `${Date.now()}\n` });
    await apply([gitCredentials('https', namespace, 'https'), gitCredentials('ssh', namespace, 'ssh')]);
    const script = `set -e
      git -c http.sslCAInfo=/https/ca.crt -c credential.helper='!f() { echo username=$(cat /https/username); echo password=$(cat /https/password); }; f' ls-remote ${urlInCluster} main
      cp /ssh/identity /tmp/identity && chmod 600 /tmp/identity
      GIT_SSH_COMMAND='ssh -i /tmp/identity -o UserKnownHostsFile=/ssh/known_hosts -o StrictHostKeyChecking=yes' git ls-remote ${sshUrlInCluster} main`;
    const mounts = ['https', 'ssh'].map(name => ({ name, mountPath: `/${name}` }));
    await apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'git-client', namespace },
      spec: {
        restartPolicy: 'Never',
        containers: [
          {
            name: 'git',
            image: 'siskin-test-tools:test',
            imagePullPolicy: 'Never',
            command: ['sh', '-c', script],
            volumeMounts: mounts,
          },
        ],
        volumes: ['https', 'ssh'].map(name => ({ name, secret: { secretName: name } })),
      },
    });
    const phase = await waitFor('the pod to end', async () => {
      const seen = await kubectl([
        '-n',
        namespace,
        'get',
        'pod',
        'git-client',
        '-o',
        'jsonpath={.status.phase}',
      ]);
      return seen === 'Succeeded' || seen === 'Failed' ? seen : undefined;
    });
    const log = await kubectl(['-n', namespace, 'logs', 'git-client']);
    expect({ phase, refs: log.match(/refs\/heads\/main/g)?.length }, log).toEqual({
      phase: 'Succeeded',
      refs: 2,
    });
  });
});

describe('the stand-in for Slack', () => {
  it('keeps what it was sent, and fails when it is told to', async () => {
    const last = (await slackMessages()).at(-1)?.number ?? 0;
    expect(await (await postMessage('hello')).json()).toMatchObject({ ok: true, channel: '#releases' });
    await failSlack({ mode: 'rate-limit', count: 1 });
    expect((await postMessage('hello')).status).toBe(429);
    expect((await postMessage('hello')).status).toBe(200);
    expect((await slackMessages(last)).map(({ body }) => body['text'])).toEqual(['hello', 'hello']);
  });
});

describe('the cluster', () => {
  it('answers names in pods, and no name outside', async () => {
    const pod = ['-n', 'load', 'exec', 'deployment/load', '--', 'node', '-e'];
    const { hostname } = new URL(inCluster.prometheus);
    expect(await kubectl([...pod, lookup(hostname)])).toMatch(/^10\.96\./);
    expect(await kubectl([...pod, lookup('no.such.example.com')])).toMatch(/ENOTFOUND/);
  });

  it('writes every request into the audit log', async () => {
    const since = new Date(Date.now() - 1_000);
    await kubectl(['-n', namespace, 'get', 'services']);
    await waitFor('the request in the log', async () => {
      const events = await auditEvents({
        user: /admin/,
        verbs: ['list'],
        resource: 'services',
        namespace,
        since,
      });
      return events.length > 0 ? true : undefined;
    });
  });
});
