/** Tells whoever watches what a slow step is doing: a line when it starts, a heartbeat while it lasts, its time at the end. */

const heartbeatMs = 15_000;
const quietMs = 1_500;

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function seconds(ms: number): string {
  return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`;
}

export function note(line: string): void {
  say(`  ${line}`);
}

/** Silent when the work is done within a moment, unless `announce` says that it will be slow. */
export async function step<T>(label: string, work: () => Promise<T>, announce?: string): Promise<T> {
  const started = Date.now();
  let announced = false;
  function open(): void {
    if (announced) return;
    announced = true;
    say(`• ${label}${announce === undefined ? '' : ` (${announce})`}…`);
  }
  if (announce !== undefined) open();
  const opening = setTimeout(open, quietMs);
  const heartbeat = setInterval(
    () => say(`  … ${label}: ${seconds(Date.now() - started)} so far`),
    heartbeatMs,
  );
  try {
    const result = await work();
    if (announced) say(`✓ ${label} (${seconds(Date.now() - started)})`);
    return result;
  } catch (error) {
    say(`✗ ${label}: failed after ${seconds(Date.now() - started)}`);
    throw error;
  } finally {
    clearTimeout(opening);
    clearInterval(heartbeat);
  }
}
