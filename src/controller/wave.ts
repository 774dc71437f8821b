/** Many targets that change at once: their runs are written down after the last of them was scaled up. */
import type { ObjectKey } from '../runtime/port.ts';
import type { Ports } from './ports.ts';

/** A wave is over when nobody was scaled up for so long. */
const quietMs = 300;
/** So long a run waits for others at the most; its pods take longer to start. */
const patienceMs = 2_000;

type Process = Pick<Ports, 'clock'>;

/** When whose scale-up began, ms; by ports, of which each process has its own. Only a cache: losing it costs nothing. */
const waves = new WeakMap<Process, Map<string, number>>();

function nameOf({ namespace = '', name }: ObjectKey): string {
  return `${namespace}/${name}`;
}

/** The target of this Canary is about to be scaled up for a new run. */
export function joinWave(key: ObjectKey, ports: Process): void {
  const now = ports.clock.now();
  const wave = waves.get(ports) ?? new Map<string, number>();
  waves.set(ports, wave);
  for (const [name, at] of wave) if (now - at > patienceMs) wave.delete(name);
  wave.set(nameOf(key), now);
}

/**
 * For how many ms the start of this Canary's run should not be committed yet; undefined where it may be. A status write is
 * what costs the API server most, and as many of them as there are changes would stand before the last scale-ups.
 */
export function waitForWave(key: ObjectKey, ports: Process): number | undefined {
  const wave = waves.get(ports);
  const mine = wave?.get(nameOf(key));
  if (wave === undefined || mine === undefined) return undefined;
  const others = [...wave].filter(([name]) => name !== nameOf(key)).map(([, at]) => at);
  const until = Math.min(mine + patienceMs, Math.max(...others) + quietMs);
  const now = ports.clock.now();
  return until > now ? until - now : undefined;
}
