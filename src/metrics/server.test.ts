import { describe, expect, it } from 'vitest';
import type { CheckRequest, MetricProviderSpec } from './port.ts';
import { type DefaultServer, serverOf } from './server.ts';

const own: DefaultServer = {
  address: 'http://prometheus.monitoring:9090',
  secret: { namespace: 'siskin', name: 'prometheus' },
};

function choose(given: { provider?: MetricProviderSpec['provider']; metricsServer?: string }, mine = true) {
  const { provider, metricsServer } = given;
  const request: CheckRequest = {
    metric: { name: 'm' },
    names: { name: 'n', namespace: 'shop', target: 't', service: 's', ingress: 'i', route: 'r' },
    port: 80,
    vantage: 'kubernetes',
    arm: 'canary',
    windowMs: 60_000,
    at: 0,
    ...(provider === undefined
      ? {}
      : { template: { namespace: 'shop', name: 'm', spec: { provider, query: 'x' } } }),
    ...(metricsServer === undefined ? {} : { metricsServer }),
  };
  return serverOf(request, mine ? own : undefined);
}

describe('the server of a check', () => {
  it("is the operator's own, with its credentials, unless somebody names one", () => {
    const expected = { access: { address: own.address }, secret: own.secret, guarded: false };
    expect(choose({})).toEqual(expected);
    expect(choose({ metricsServer: '' })).toEqual(expected);
    expect(choose({ provider: { type: 'prometheus', headers: {} } })).toEqual(expected);
  });

  it('is guarded when a tenant names it, and read with a Secret of the tenant only', () => {
    expect(choose({ metricsServer: 'http://other:9090' })).toEqual({
      access: { address: 'http://other:9090' },
      guarded: true,
    });
    const provider = {
      type: 'prometheus',
      address: 'https://other',
      secretRef: { name: 'mine' },
      insecureSkipVerify: true,
    };
    expect(choose({ provider, metricsServer: 'http://third' })).toEqual({
      access: { address: 'https://other', insecureSkipVerify: true, headers: {} },
      secret: { namespace: 'shop', name: 'mine' },
      guarded: true,
    });
  });

  it("is free but without the operator's credentials when a tenant names the operator's own", () => {
    expect(choose({ metricsServer: 'http://prometheus.monitoring:9090/' })).toEqual({
      access: { address: 'http://prometheus.monitoring:9090/' },
      guarded: false,
    });
    expect(choose({ metricsServer: 'http://prometheus.monitoring:9090/x' })).toMatchObject({ guarded: true });
  });

  it.each([
    [{ provider: { type: 'datadog' } }, /'datadog' is not supported \(supported: prometheus\)/],
    [{ provider: { type: 'prometheus', headers: { 'X-Scope-OrgID': ['other'] } } }, /need its address/],
    [{ provider: { type: 'prometheus', secretRef: { name: 'x' } } }, /need its address/],
  ])('is refused: %j', (given, problem) => {
    expect(choose(given)).toEqual({ problem: expect.stringMatching(problem) });
  });

  it('is missing when nobody names one', () => {
    expect(choose({}, false)).toEqual({ problem: expect.stringMatching(/no metrics server/) });
  });
});
