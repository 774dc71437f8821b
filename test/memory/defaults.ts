/** The defaults that an API server fills into the objects Siskin writes, as far as they could disturb a comparison. */
import type { Resource } from '../../src/runtime/port.ts';
import { isRecord, type Json } from './json.ts';

/** Fills in place. */
export function fillDefaults(resource: Resource, object: Json, allocate: () => number): void {
  const spec = object.spec;
  if (!isRecord(spec)) return;
  if (resource.kind === 'Deployment') fillDeployment(spec);
  if (resource.kind === 'Service') fillService(spec, allocate);
  if (resource.kind === 'HTTPRoute') fillRoute(spec);
}

function fill(object: unknown, defaults: Json): void {
  if (isRecord(object)) for (const [name, value] of Object.entries(defaults)) object[name] ??= value;
}

function records(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

function fillDeployment(spec: Json): void {
  fill(spec, { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600, strategy: {} });
  fill(spec.strategy, { type: 'RollingUpdate' });
  if (isRecord(spec.strategy) && spec.strategy.type === 'RollingUpdate') {
    fill(spec.strategy, { rollingUpdate: {} });
    fill(spec.strategy.rollingUpdate, { maxSurge: '25%', maxUnavailable: '25%' });
  }
  const pod = isRecord(spec.template) ? spec.template.spec : undefined;
  if (!isRecord(pod)) return;
  fill(pod, { restartPolicy: 'Always', dnsPolicy: 'ClusterFirst', terminationGracePeriodSeconds: 30 });
  for (const container of records(pod.containers)) {
    fill(container, { imagePullPolicy: 'IfNotPresent', terminationMessagePath: '/dev/termination-log' });
    for (const port of records(container.ports)) fill(port, { protocol: 'TCP' });
  }
}

function fillService(spec: Json, allocate: () => number): void {
  fill(spec, { type: 'ClusterIP', sessionAffinity: 'None', internalTrafficPolicy: 'Cluster' });
  fill(spec, { clusterIP: `10.0.${(allocate() >> 8) % 256}.${allocate() % 256}` });
  for (const port of records(spec.ports)) {
    fill(port, { protocol: 'TCP', targetPort: port.port });
    if (spec.type !== 'ClusterIP') fill(port, { nodePort: 30_000 + (allocate() % 2768) });
  }
}

function fillRoute(spec: Json): void {
  for (const parent of records(spec.parentRefs)) {
    fill(parent, { group: 'gateway.networking.k8s.io', kind: 'Gateway' });
  }
  for (const rule of records(spec.rules)) {
    rule.matches ??= [{}];
    for (const match of records(rule.matches)) {
      fill(match, { path: {} });
      fill(match.path, { type: 'PathPrefix', value: '/' });
      for (const entry of [...records(match.headers), ...records(match.queryParams)])
        fill(entry, { type: 'Exact' });
    }
    for (const filter of records(rule.filters)) {
      if (isRecord(filter.requestMirror))
        fill(filter.requestMirror.backendRef, { group: '', kind: 'Service' });
      fill(filter.cors, { maxAge: 5 });
    }
    for (const backend of records(rule.backendRefs)) fill(backend, { group: '', kind: 'Service', weight: 1 });
  }
}
