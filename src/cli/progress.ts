/** Progress on stderr, but only for what takes longer than people wait without wondering. */
import type { Clock } from '../runtime/port.ts';
import type { Terminal } from './terminal.ts';

const patienceMs = 2_000;

/** Says `what` every time that `patienceMs` have passed; `what` is asked anew, so that it can count. */
export async function withProgress<T>(
  { terminal, clock }: { readonly terminal: Terminal; readonly clock: Clock },
  what: () => string,
  work: Promise<T>,
): Promise<T> {
  let cancel: (() => void) | undefined;
  const arm = (): void => {
    cancel = clock.after(patienceMs, () => {
      terminal.tell(`… ${what()}`);
      arm();
    });
  };
  arm();
  try {
    return await work;
  } finally {
    cancel?.();
  }
}
