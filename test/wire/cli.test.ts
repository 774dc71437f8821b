/** The command line against an API server and a Prometheus on real sockets. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CliWorld, canaryObject, startCliWorld, userToken } from './cli-world.ts';
import { answerJson, answerVector, type SeenRequest } from './fake-prometheus.ts';

const canaries = 'siskin.dev/v1beta1/canaries';
let world: CliWorld;

beforeEach(async () => {
  world = await startCliWorld();
});

afterEach(async () => {
  await world.close();
});

function askNow(): string[] {
  return ['analyze', 'checkout', '--prometheus', world.prometheus.url];
}

/** Answers to the success rate and to the duration. */
function measure(rate: string, duration: string): void {
  world.prometheus.behave((request, response) => {
    answerVector(request, response, queryOf(request).includes('histogram_quantile') ? duration : rate);
  });
}

/** Scrapes of 5 s: the primary answers well, the canary fails one in five since it began. */
function answerRaw(request: SeenRequest, response: Parameters<typeof answerJson>[0], began: string): void {
  const at = Number(request.parameters.get('time'));
  const begun = Date.parse(began) / 1_000;
  const series = (side: string, code: string, grown: (seconds: number) => number) => ({
    metric: {
      __name__: 'traefik_service_requests_total',
      service: `shop-checkout-${side}-http-80@kubernetesgateway`,
      code,
    },
    values: Array.from({ length: 160 }, (_, index) => {
      const time = Math.floor(at / 5) * 5 - (159 - index) * 5;
      return [time, String(1_000 + grown(time - begun))];
    }),
  });
  const isService = queryOf(request).includes('{service');
  const result = [
    series('primary', '200', seconds => 100 * (seconds + 3_600)),
    series('canary', '200', seconds => 16 * Math.max(0, seconds)),
    series('canary', '500', seconds => 4 * Math.max(0, seconds)),
  ];
  answerJson(response, 200, {
    status: 'success',
    data: { resultType: 'matrix', result: isService ? result : [] },
  });
}

function queryOf(request: SeenRequest): string {
  return request.parameters.get('query') ?? '';
}

describe('siskin analyze', () => {
  it('asks every check now and says value, limit, verdict and sentence', async () => {
    world.api.store.create(canaries, canaryObject());
    const status = { phase: 'Progressing', canaryWeight: 20 };
    world.api.store.patch(canaries, 'shop', 'checkout', { status }, 'status');
    measure('99.5', '620.4');
    const ran = await world.siskin(['analyze', 'checkout', '--prometheus', world.prometheus.url]);
    expect(ran).toEqual({
      code: 3,
      stderr: '',
      stdout: `shop/checkout: Progressing, the canary gets 20 % of the requests

CHECK                 VALUE  LIMIT        VERDICT
request-success-rate  99.5   at least 99  pass     request-success-rate is 99.5, allowed is at least 99
request-duration      620.4  at most 500  fail     request-duration is 620.4, allowed is at most 500
`,
    });
    expect(world.prometheus.seen.map(queryOf).sort()[0]).toContain(
      '"shop-checkout-canary-http-80@kubernetesgateway"',
    );
  });

  it('prints the same as JSON, without colours on a terminal either', async () => {
    world.api.store.create(canaries, canaryObject());
    measure('100', 'NaN');
    const { code, stdout } = await world.siskin(
      ['analyze', 'checkout', '-o', 'json', '--prometheus', world.prometheus.url],
      { tty: true },
    );
    expect(code).toBe(5);
    expect(JSON.parse(stdout)).toEqual({
      apiVersion: 'cli.siskin.dev/v1',
      kind: 'Analysis',
      canary: { namespace: 'shop', name: 'checkout' },
      phase: null,
      canaryWeight: 0,
      checks: [
        {
          name: 'request-success-rate',
          outcome: 'pass',
          value: 100,
          limit: 'at least 99',
          sentence: 'request-success-rate is 100, allowed is at least 99',
        },
        {
          name: 'request-duration',
          outcome: 'noData',
          limit: 'at most 500',
          sentence: expect.stringMatching(/^request-duration has no verdict: NaN/),
        },
      ],
    });
  });

  it('is coloured on a terminal only, and not where NO_COLOR is set', async () => {
    world.api.store.create(canaries, canaryObject());
    measure('100', '1');
    const args = ['analyze', 'checkout', '--prometheus', world.prometheus.url];
    const colour = String.fromCharCode(27);
    const painted = await world.siskin(args, { tty: true });
    expect(painted).toMatchObject({ code: 0, stdout: expect.stringContaining(`${colour}[32mpass`) });
    const { stdout } = await world.siskin(args, { tty: true, env: { NO_COLOR: '1' } });
    expect(stdout).not.toContain(colour);
  });

  it('asks as another vantage where told to, with the token from the environment and in no output', async () => {
    world.api.store.create(canaries, canaryObject());
    world.prometheus.behave((_, response) =>
      answerJson(response, 401, { error: 'token s3cret-token is bad' }),
    );
    const { code, stdout, stderr } = await world.siskin(
      ['analyze', 'checkout', '--vantage', 'micrometer', '--prometheus', world.prometheus.url],
      { env: { SISKIN_PROMETHEUS_TOKEN: 's3cret-token' } },
    );
    expect(code).toBe(5);
    expect(world.prometheus.seen[0]?.headers.authorization).toBe('Bearer s3cret-token');
    expect(queryOf(world.prometheus.seen[0] ?? expect.fail())).toContain('http_server_requests_seconds');
    expect(stdout + stderr).not.toContain('s3cret-token');
  });

  it('keeps the Secret of a template from a Prometheus that the user named', async () => {
    const metrics = [{ name: 'orders', templateRef: { name: 'orders' }, thresholdRange: { max: 1 } }];
    world.api.store.create(canaries, canaryObject({}, { metrics }));
    world.api.store.create('siskin.dev/v1beta1/metrictemplates', {
      metadata: { name: 'orders', namespace: 'shop' },
      spec: {
        provider: { type: 'prometheus', address: 'http://10.0.0.1', secretRef: { name: 'metrics' } },
        query: 'orders_failed{namespace="{{ namespace }}"}',
      },
    });
    const ran = await world.siskin(['analyze', 'checkout', '--prometheus', world.prometheus.url]);
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining('orders is 1') });
    expect(world.prometheus.seen.map(queryOf)).toEqual(['orders_failed{namespace="shop"}']);
    expect(world.api.requests.filter(({ path }) => path.includes('/secrets/'))).toEqual([]);
  });

  describe('with analysis.checks', () => {
    const checks = [{ name: 'errors', compare: {} }];

    it('has nothing to compare while no release is running', async () => {
      world.api.store.create(canaries, canaryObject({}, { metrics: [], checks }));
      await expect(world.siskin(askNow())).resolves.toMatchObject({
        code: 5,
        stdout: expect.stringMatching(
          /errors +- +no worse than the primary +noData +errors has no verdict: no release/,
        ),
      });
    });

    it('judges a running release from raw samples, and writes nothing', async () => {
      world.api.store.create(canaries, canaryObject({}, { metrics: [], checks }));
      const now = Date.now();
      const began = new Date(now - 120_000).toISOString();
      const revision = 'v1-0123456789abcdef';
      const status = {
        phase: 'Progressing',
        canaryWeight: 20,
        promoted: { revision: 'v1-00000000000000aa', at: began },
        run: { id: 'run-1', revision, startedAt: began, weightAt: began, stepAt: began },
      };
      world.api.store.patch(canaries, 'shop', 'checkout', { status }, 'status');
      world.prometheus.behave((request, response) => answerRaw(request, response, began));
      const before = world.api.store.get(canaries, 'shop', 'checkout')?.metadata;
      const { code, stdout } = await world.siskin(askNow());
      expect(stdout).toMatch(
        /errors +\d\S* +no worse than the primary +fail +errors: canary \S+ % of [\d,]+ requests, primary 0 % of/,
      );
      expect(code).toBe(3);
      expect(world.api.store.get(canaries, 'shop', 'checkout')?.metadata).toEqual(before);
    });
  });

  it('says how to reach a Prometheus that is only known in the cluster', async () => {
    world.api.store.create(
      canaries,
      canaryObject({ metricsServer: 'http://prometheus.nowhere.invalid:9090' }),
    );
    const { code, stderr } = await world.siskin(['analyze', 'checkout']);
    expect(code).toBe(5);
    expect(stderr).toBe(
      'An address inside the cluster is not reachable from here: run kubectl -n nowhere port-forward svc/prometheus 9090:9090 and give --prometheus http://localhost:9090\n',
    );
  });

  it('tells of progress where an answer takes long', async () => {
    world.api.store.create(canaries, canaryObject());
    world.prometheus.behave((request, response) => {
      setTimeout(() => answerVector(request, response, '100'), 2_500);
    });
    const { stderr } = await world.siskin(['analyze', 'checkout', '--prometheus', world.prometheus.url]);
    expect(stderr).toBe('… 0 of 2 checks are answered\n');
  });

  it.each([
    [['analyze', 'missing'], 1, /^error: Canary shop\/missing does not exist; see kubectl get/],
    [['analyze', 'checkout', '--context', 'other'], 1, /--context other is not in .* \(it has: fake\)/],
    [
      ['analyze', 'checkout', '--prometheus', 'ftp://x'],
      2,
      /^error: --prometheus: the address must begin with http/,
    ],
    [['analyze', 'checkout', '--vantage', 'x'], 2, /Allowed choices are traefik/],
    [['analyze'], 2, /missing required argument 'NAME'/],
    [['analize', 'checkout'], 2, /Did you mean analyze/],
    [['analyze', 'checkout', '--prometeus', 'x'], 2, /Did you mean --prometheus/],
  ])('%j ends with %d and says why', async (args, code, why) => {
    world.api.store.create(canaries, canaryObject());
    const ran = await world.siskin(args);
    expect(ran).toEqual({ code, stdout: '', stderr: expect.stringMatching(why) });
  });

  it.each([
    [401, /log in again, or choose another --context/],
    [403, /get canaries\.siskin\.dev shop\/checkout.*; ask for the right/],
  ])('says what to do about %d', async (status, why) => {
    world.api.inject({ kind: 'status', status }, () => true, 5);
    const ran = await world.siskin(['analyze', 'checkout']);
    expect(ran).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(why) });
    expect(ran.stderr).not.toContain(userToken);
  });

  it('names the field of a Canary that the operator would refuse', async () => {
    world.api.store.create(canaries, canaryObject({}, { mirror: true }));
    await expect(world.siskin(['analyze', 'checkout'])).resolves.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^error: Canary shop\/checkout: spec\.analysis\.mirror /),
    });
  });
});

describe('siskin plan', () => {
  const expected = `shop/checkout: canary by weights

                                   CANARY GETS  FROM    UNTIL
step                               5 %          0s      30s
step                               20 %         30s     1m
step                               50 %         1m      1m 30s
canary finishes its last requests  0 %          1m 30s  2m
Times count from when the canary's pods are ready.

Shortest   2m: every check passes, all pods are ready at once
Longest    22m 30s: pods take all of spec.progressDeadlineSeconds, and one failed check less than it takes
           A check without an answer holds the release beyond that until a person decides.
Rollback   after 1m at the earliest: 2 failed checks, when the canary has answered as many requests as the service gets in 3s

CHECK                 LIMIT        NOTICES
request-success-rate  at least 99  more than 1 % of the requests failing, whatever the primary's share
request-duration      at most 500  the slowest hundredth of the requests taking more than 500 ms
`;

  it('reads the Canary in the cluster', async () => {
    world.api.store.create(canaries, canaryObject());
    await expect(world.siskin(['plan', 'checkout'])).resolves.toEqual({
      code: 0,
      stdout: expected,
      stderr: '',
    });
  });

  it('reads a file, and asks no cluster', async () => {
    const file = join(world.folder, 'canary.yaml');
    const canary = { apiVersion: 'siskin.dev/v1beta1', kind: 'Canary', ...canaryObject() };
    writeFileSync(file, `kind: Other\n---\n${JSON.stringify(canary)}\n`);
    await expect(world.siskin(['plan', '-f', file])).resolves.toMatchObject({ code: 0, stdout: expected });
    const { stdout } = await world.siskin(['plan', '-f', file, '-o', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({
      kind: 'Plan',
      strategy: 'Canary',
      shortest: 120,
      longest: 1350,
      rollback: { after: 60, failedChecks: 2, exposedSeconds: 3 },
      holds: { noData: { timeLimit: 600, policy: 'Hold' } },
      steps: [
        { kind: 'step', weight: 5, from: 0, until: 30 },
        { kind: 'step', weight: 20, from: 30, until: 60 },
        { kind: 'step', weight: 50, from: 60, until: 90 },
        { kind: 'drain', weight: 0, from: 90, until: 120 },
      ],
    });
    expect(world.api.requests).toEqual([]);
  });

  it.each([
    ['kind: Deployment\n', 1, /holds no Canary of siskin\.dev\/v1beta1/],
    ['a: [\n', 1, /is not YAML, see line 2/],
    [
      'apiVersion: siskin.dev/v1beta1\nkind: Canary\nmetadata: {name: a}\nspec: {}\n',
      1,
      /the Canary in .*: spec\.targetRef must be set/,
    ],
    [
      'apiVersion: siskin.dev/v1beta1\nkind: Canary\nmetadata: {name: a}\n---\napiVersion: siskin.dev/v1beta1\nkind: Canary\nmetadata: {name: b}\n',
      2,
      /holds several Canaries \(a, b\); name one/,
    ],
  ])('says what is wrong with %j', async (yaml, code, why) => {
    const file = join(world.folder, 'canary.yaml');
    writeFileSync(file, yaml);
    await expect(world.siskin(['plan', '-f', file])).resolves.toEqual({
      code,
      stdout: '',
      stderr: expect.stringMatching(why),
    });
  });

  it('says what comparing with the primary would notice at the traffic given', async () => {
    world.api.store.create(canaries, canaryObject());
    const noticedAt = async (rate: string): Promise<number> => {
      const { stdout } = await world.siskin(['plan', 'checkout', '--rate', rate, '-o', 'json']);
      const { evidence } = JSON.parse(stdout);
      return evidence.smallestRegression;
    };
    expect(await noticedAt('10000')).toBeLessThan(await noticedAt('100'));
    const { stdout } = await world.siskin(['plan', 'checkout', '--rate', '100', '--failing', '0']);
    expect(stdout).toMatch(
      /which compare errors with the primary would notice a canary that fails \d\S* % of its requests or more; a good release takes \d/,
    );
    await expect(world.siskin(['plan', 'checkout', '--rate', '0.01'])).resolves.toMatchObject({
      stdout: expect.stringContaining('would notice nothing: the canary gets too few requests'),
    });
    await expect(world.siskin(['plan', 'checkout', '--rate', 'many'])).resolves.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('It must be a number from 0.001 to 10000000'),
    });
  });

  it('needs a name or a file that is there', async () => {
    await expect(world.siskin(['plan'])).resolves.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('name a Canary'),
    });
    await expect(world.siskin(['plan', '-f', 'absent.yaml'])).resolves.toMatchObject({
      code: 2,
      stderr: 'error: -f absent.yaml: the file cannot be read\n',
    });
  });
});
