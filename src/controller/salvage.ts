/** What can still be read of a Canary that is refused, so that deleting it gives the application back all the same. */
import { type Canary, parseCanary, readableStatus } from '../api/parse.ts';
import type { KubeObject } from '../runtime/port.ts';

/** With the whole spec where that is valid, else with the names alone; undefined where not even those can be read. */
export function salvage(object: KubeObject): Canary | undefined {
  const status = readableStatus(object.status);
  const whole = parseCanary({ ...object, status });
  if (whole.ok) return whole.value;
  const service = pick(field(object.spec, 'service'), ['name', 'port', 'gatewayRefs']);
  const spec = { ...pick(object.spec, ['targetRef', 'provider']), service, analysis: { iterations: 1 } };
  for (const draft of [spec, { ...spec, service: pick(service, ['name', 'port']), provider: undefined }]) {
    const bare = parseCanary({ ...object, status, spec: pick(draft, Object.keys(draft)) });
    if (bare.ok) return bare.value;
  }
  return undefined;
}

function pick(value: unknown, names: readonly string[]): Record<string, unknown> {
  const entries = names.map(name => [name, field(value, name)] as const);
  return Object.fromEntries(entries.filter(([, member]) => member !== undefined));
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}
