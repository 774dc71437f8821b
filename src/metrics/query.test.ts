import { describe, expect, it } from 'vitest';
import type { CheckRequest } from './port.ts';
import { queryOf } from './query.ts';

const request: CheckRequest = {
  metric: { name: 'latency', templateVariables: { code: '5..' } },
  names: { name: 'podinfo', namespace: 'shop', target: 'podinfo', service: 'web', ingress: '', route: 'web' },
  port: 80,
  vantage: 'kubernetes',
  arm: 'canary',
  windowMs: 30_000,
  at: 0,
};

function template(query: string): NonNullable<CheckRequest['template']> {
  return { namespace: 'shop', name: 'errors', spec: { provider: { type: 'prometheus' }, query } };
}

describe('the query of a check', () => {
  it('comes from the template, else from the inline query, else from the name', () => {
    const metric = { ...request.metric, name: 'request-duration', query: 'inline{n="{{ namespace }}"}' };
    const withTemplate = {
      ...request,
      metric,
      template: template(' x{c="{{ variables.code }}"}[{{ interval }}]\n'),
    };
    expect(queryOf(withTemplate)).toEqual({ query: 'x{c="5.."}[30s]' });
    expect(queryOf({ ...request, metric })).toEqual({ query: 'inline{n="shop"}' });
    expect(queryOf({ ...request, metric: { name: 'request-duration' } })).toEqual({
      query: expect.stringMatching(/^1000 \* histogram_quantile/),
    });
  });

  it.each([
    [request, /metric 'latency' is neither .* templateRef/],
    [
      { ...request, template: template('{{ nme }}') },
      /query of MetricTemplate shop\/errors of metric 'latency' cannot be rendered: 1:4/,
    ],
    [
      { ...request, metric: { name: 'latency', query: '{{ variables.x }}' } },
      /query of metric 'latency'.*variables\.x is not set/,
    ],
    [{ ...request, template: template('{{ if false }}x{{ end }}') }, /is empty/],
    [
      { ...request, names: { ...request.names, target: 'x"} or up{a="' } },
      /target of the Canary is not a Kubernetes name/,
    ],
    [{ ...request, names: { ...request.names, namespace: 'a\n' } }, /namespace of the Canary/],
  ])('says what is wrong', (wrong, problem) => {
    expect(queryOf(wrong)).toEqual({ problem: expect.stringMatching(problem) });
  });
});
