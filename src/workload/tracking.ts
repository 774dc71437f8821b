/** Labels and annotations by which a deployment tool finds its own objects, and which no copy may carry: the tool would prune it. */

const domains = [
  'toolkit.fluxcd.io',
  'fluxcd.io',
  'argocd.argoproj.io',
  'kapp.k14s.io',
  'objectset.rio.cattle.io',
  'configsync.gke.io',
  'configmanagement.gke.io',
];
/** Tracking labels on objects only: on pods people select by them. */
const objectLabels = new Set(['app.kubernetes.io/instance', 'app.kubernetes.io/managed-by']);

type Strings = Readonly<Record<string, string>>;

function isTracking(key: string): boolean {
  const domain = key.split('/', 1)[0] ?? '';
  return key.includes('/') && domains.some(known => domain === known || domain.endsWith(`.${known}`));
}

/** For the metadata of pods. */
export function withoutTracking(values: Strings): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([key]) => !isTracking(key)));
}

/** For the labels of a workload. */
export function withoutObjectTracking(labels: Strings): Record<string, string> {
  return Object.fromEntries(
    Object.entries(withoutTracking(labels)).filter(([key]) => !objectLabels.has(key)),
  );
}
