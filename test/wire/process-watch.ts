/** Reads, again and again while a test runs, how every process of this machine was called and with which environment. */
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessWatch {
  /** All that was seen, as one text. */
  stop(): Promise<string>;
}

export function watchProcesses(): ProcessWatch {
  const seen = new Set<string>();
  const done = new AbortController();
  const own = String(process.pid);
  const look = (): void => {
    for (const pid of readdirSync('/proc').filter(name => /^\d+$/u.test(name))) {
      try {
        seen.add(readFileSync(`/proc/${pid}/cmdline`, 'latin1'));
        // What this process was started with is not the adapter's doing.
        if (pid !== own) seen.add(readFileSync(`/proc/${pid}/environ`, 'latin1'));
      } catch {
        // The process ended between listing and reading, or is another user's.
      }
    }
  };
  const watch = async (): Promise<void> => {
    while (!done.signal.aborted) {
      look();
      await new Promise(resolve => {
        setTimeout(resolve, 3);
      });
    }
  };
  const watched = watch();
  return {
    async stop() {
      done.abort();
      await watched;
      return [...seen].join('\n');
    },
  };
}
