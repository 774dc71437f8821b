import { expect, test } from 'vitest';
import { primaryTemplate } from './primary-template.ts';

const selector = { label: 'app', value: 'podinfo' };

const term = (labelSelector: object) => ({ labelSelector, topologyKey: 'zone' });

test('only the selector label changes, trackers go, everything else stays', () => {
  const spec = {
    containers: [{ name: 'app', image: 'podinfo:1', unknownField: { deep: [1] } }],
    volumes: [{ emptyDir: {} }],
  };
  const template = {
    metadata: {
      creationTimestamp: null,
      labels: { app: 'podinfo', tier: 'web', 'kustomize.toolkit.fluxcd.io/name': 'apps' },
      annotations: { 'prometheus.io/scrape': 'true', 'argocd.argoproj.io/tracking-id': 'x' },
    },
    spec,
  };
  expect(primaryTemplate(template, selector)).toEqual({
    metadata: {
      labels: { app: 'podinfo-primary', tier: 'web' },
      annotations: { 'prometheus.io/scrape': 'true' },
    },
    spec,
  });
});

test('anti-affinity and spread among the own pods follow the label, affinity to others does not change', () => {
  const required = (labelSelector: object) => ({
    requiredDuringSchedulingIgnoredDuringExecution: [term(labelSelector)],
  });
  const own = { matchLabels: { app: 'podinfo', tier: 'podinfo' } };
  const listed = { matchExpressions: [{ key: 'app', operator: 'In', values: ['podinfo', 'redis'] }] };
  const template = {
    metadata: { labels: { app: 'podinfo' } },
    spec: {
      affinity: {
        podAffinity: required(own),
        podAntiAffinity: {
          ...required(own),
          preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: term(listed) }],
        },
      },
      topologySpreadConstraints: [{ ...term(own), maxSkew: 1 }],
    },
  };
  const ownPrimary = { matchLabels: { app: 'podinfo-primary', tier: 'podinfo' } };
  const listedPrimary = {
    matchExpressions: [{ key: 'app', operator: 'In', values: ['podinfo-primary', 'redis'] }],
  };
  expect(primaryTemplate(template, selector)).toEqual({
    metadata: { labels: { app: 'podinfo-primary' } },
    spec: {
      affinity: {
        podAffinity: required(own),
        podAntiAffinity: {
          ...required(ownPrimary),
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 1, podAffinityTerm: term(listedPrimary) },
          ],
        },
      },
      topologySpreadConstraints: [{ ...term(ownPrimary), maxSkew: 1 }],
    },
  });
});

test('labels by which an existing primary selects are kept', () => {
  const template = { metadata: { labels: { name: 'podinfo', app: 'podinfo' } }, spec: {} };
  const kept = { app: 'podinfo-primary' };
  expect(primaryTemplate(template, { label: 'name', value: 'podinfo' }, kept)).toMatchObject({
    metadata: { labels: { name: 'podinfo-primary', app: 'podinfo-primary' } },
  });
});
