/** Turns: within one process those who write a Canary's status wait for one another, instead of losing to one another. */
import type { ObjectKey } from '../runtime/port.ts';
import type { Ports } from './ports.ts';

/**
 * So long a pass waits for a delivery's write. Conflicts, which turns only make rare, are what protects the status; a
 * request that hangs must not stand before the traffic.
 */
const patienceMs = 250;

interface Line {
  holders: number;
  /** Passes, which go first: traffic does not queue behind what Git and people are told. */
  readonly passes: (() => void)[];
  readonly deliveries: (() => void)[];
}

type Process = Pick<Ports, 'clock'>;

/** By ports, of which each process has its own. */
const processes = new WeakMap<Process, Map<string, Line>>();

/** A pass decides on the status it reads, so it holds the turn from reading to committing. */
export async function passInTurn<T>(key: ObjectKey, ports: Process, pass: () => Promise<T>): Promise<T> {
  return inTurn(key, ports, pass, async line => {
    await new Promise<void>(resolve => {
      const enter = () => {
        cancel();
        resolve();
      };
      const cancel = ports.clock.after(patienceMs, () => {
        line.passes.splice(line.passes.indexOf(enter), 1);
        line.holders += 1;
        resolve();
      });
      line.passes.push(enter);
    });
  });
}

export async function deliveryInTurn<T>(key: ObjectKey, ports: Process, write: () => Promise<T>): Promise<T> {
  return inTurn(key, ports, write, async line => {
    await new Promise<void>(resolve => {
      line.deliveries.push(resolve);
    });
  });
}

async function inTurn<T>(
  { namespace = '', name }: ObjectKey,
  ports: Process,
  work: () => Promise<T>,
  wait: (line: Line) => Promise<void>,
): Promise<T> {
  const lines = processes.get(ports) ?? new Map<string, Line>();
  processes.set(ports, lines);
  const id = `${namespace}/${name}`;
  const line = lines.get(id) ?? { holders: 0, passes: [], deliveries: [] };
  lines.set(id, line);
  if (line.holders > 0) await wait(line);
  else line.holders = 1;
  try {
    return await work();
  } finally {
    leave(line);
    if (line.holders === 0) lines.delete(id);
  }
}

/** Whoever comes next holds the turn before anybody else can see it free. */
function leave(line: Line): void {
  line.holders -= 1;
  if (line.holders > 0) return;
  const next = line.passes.shift() ?? line.deliveries.shift();
  if (next === undefined) return;
  line.holders = 1;
  next();
}
