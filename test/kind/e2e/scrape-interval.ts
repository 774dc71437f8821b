/** How often Prometheus scrapes, for a test that is about it. */
import { apply, getObject, kubectl } from '../fixture.ts';

type ConfigMap = { data: Record<string, string> };

/** Answers the interval that was set before. Prometheus starts anew, with nothing in it. */
export async function setScrapeInterval(interval: string): Promise<string> {
  const found = await getObject<ConfigMap>('configmap', 'prometheus', 'monitoring');
  const text = found?.data['prometheus.yml'] ?? '';
  const before = /scrape_interval: (\w+)/u.exec(text)?.[1];
  if (before === undefined) throw new Error('the configuration of Prometheus names no scrape interval');
  if (before === interval) return before;
  const changed = text.replaceAll(
    /(scrape_interval|scrape_timeout): \w+/gu,
    (_, name: string) => `${name}: ${interval}`,
  );
  await apply({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'prometheus', namespace: 'monitoring' },
    data: { 'prometheus.yml': changed },
  });
  await kubectl(['-n', 'monitoring', 'delete', 'pod', '--selector=app=prometheus', '--wait=true']);
  await kubectl(['-n', 'monitoring', 'rollout', 'status', 'deployment/prometheus', '--timeout=120s']);
  return before;
}
