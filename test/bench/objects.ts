/** The objects of the control plane without nodes, as a team that uses everything Siskin has would write them. */
import type { KubeObject } from '../../src/runtime/port.ts';
import { gateway } from './stand-ins/controllers.ts';

export const namespace = 'bench';
export const operatorNamespace = 'siskin-system';
/** Seconds between two steps; the shortest there is, so that the operator and not the interval is measured. */
export const intervalMs = 1_000;

const metadata = (name: string) => ({ name, namespace });

export function canaryName(index: number): string {
  return `c${String(index).padStart(3, '0')}`;
}

export function pathOf(name: string): string {
  return `apps/${name}`;
}

export function podTemplate(name: string, version: string): object {
  return {
    metadata: { labels: { app: name } },
    spec: {
      containers: [
        { name: 'app', image: `registry.example.com/app:${version}`, ports: [{ containerPort: 9898 }] },
      ],
    },
  };
}

export function deployment(name: string, version: string): KubeObject {
  return {
    metadata: metadata(name),
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: name } },
      template: podTemplate(name, version),
    },
  };
}

/** `withGit`: reverts to Git and tells Slack, by a bot and by a webhook. */
export function canary(name: string, withGit: boolean): KubeObject {
  const alerts = ['bot', 'webhook'].map(provider => ({
    name: provider,
    severity: 'info',
    providerRef: { name: provider },
  }));
  const git = { repositoryRef: { name: 'manifests' }, path: pathOf(name), mode: 'Commit' };
  return {
    metadata: metadata(name),
    spec: {
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      service: { port: 9898, gatewayRefs: [gateway], hosts: [`${name}.example.com`] },
      analysis: {
        interval: `${intervalMs / 1_000}s`,
        threshold: 1,
        stepWeight: 10,
        maxWeight: 50,
        metrics: [
          { name: 'request-success-rate', interval: '1m', thresholdRange: { min: 99 } },
          { name: 'request-duration', interval: '1m', thresholdRange: { max: 500 } },
        ],
        ...(withGit ? { alerts } : {}),
      },
      ...(withGit ? { rollback: { git } } : {}),
    },
  };
}

export function alertProviders(slackUrl: string): KubeObject[] {
  return [
    {
      metadata: metadata('bot'),
      spec: { type: 'slack', channel: 'releases', address: `${slackUrl}/api`, secretRef: { name: 'slack' } },
    },
    { metadata: metadata('webhook'), spec: { type: 'slack', address: `${slackUrl}/services/hook` } },
  ];
}

export type Secret = KubeObject & { readonly data: Readonly<Record<string, string>> };

export function secret(name: string, inNamespace: string, data: Record<string, string | Buffer>): Secret {
  const encoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
  return { metadata: { name, namespace: inNamespace }, data: Object.fromEntries(encoded) };
}

export function manifestRepository(url: string): KubeObject {
  return {
    metadata: { name: 'manifests' },
    spec: {
      url,
      branch: 'main',
      secretRef: { name: 'manifests-write' },
      allow: { namespaces: [namespace], paths: ['apps/**'] },
      limits: { revertsPerHour: 1_000, maxFiles: 20 },
    },
  };
}
