/** Whole again: what tests break on purpose works as it should, also after a test that was interrupted. */
import { failGit, failSlack, kubectl } from '../fixture.ts';

export async function scalePrometheus(replicas: number): Promise<void> {
  await kubectl(['-n', 'monitoring', 'scale', 'deployment/prometheus', `--replicas=${replicas}`]);
}

export async function mend(): Promise<void> {
  await Promise.all([failGit({ mode: 'none' }), failSlack({ mode: 'none' }), scalePrometheus(1)]);
  await kubectl(['-n', 'monitoring', 'rollout', 'status', 'deployment/prometheus', '--timeout=60s']);
}
