/** Is there a Docker engine that answers? Asked once; everything else follows from it. */
import { run } from '../lib/run.ts';

let answer: Promise<boolean> | undefined;

export function hasDocker(): Promise<boolean> {
  answer ??= run('docker', ['version', '--format', '{{.Server.Version}}'], { timeoutMs: 10_000 }).then(
    () => true,
    () => false,
  );
  return answer;
}
