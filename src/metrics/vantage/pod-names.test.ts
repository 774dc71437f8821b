import { describe, expect, it } from 'vitest';
import { podPattern } from './pod-names.ts';

function podsMatched(target: string, arm: 'canary' | 'primary', pods: readonly string[]): string[] {
  const pattern = podPattern(target, arm);
  if (pattern === undefined) return ['no pattern'];
  return pods.filter(pod => new RegExp(`^(?:${pattern})$`).test(pod));
}

/** As Kubernetes makes names of pods from their owner's. */
function podOf(owner: string): string {
  return `${`${owner}-`.slice(0, 58)}x2z9k`;
}

describe('pods of an arm', () => {
  it('are those of a Deployment or DaemonSet, never of the other arm or of a namesake', () => {
    const canary = ['podinfo-7d4b9c6f5b-x2z9k', 'podinfo-x2z9k'];
    const primary = ['podinfo-primary-7d4b9c6f5b-x2z9k', 'podinfo-primary-x2z9k'];
    const others = [
      'podinfo-ds-x2z9k',
      'podinfo-ds-7d4b9c6f5b-x2z9k',
      'podinfo-worker-x2z9k',
      'podinfo-0',
      'my-podinfo-x2z9k',
      'podinfo',
    ];
    const all = [...canary, ...primary, ...others];
    expect(podsMatched('podinfo', 'canary', all)).toEqual(canary);
    expect(podsMatched('podinfo', 'primary', all)).toEqual(primary);
    expect(podsMatched('pod.info', 'canary', ['podxinfo-x2z9k', 'pod.info-x2z9k'])).toEqual([
      'pod.info-x2z9k',
    ]);
  });

  it('are told apart also where Kubernetes cuts long names', () => {
    const hash = '7d4b9c6f5b';
    for (let length = 1; length <= 53; length += 1) {
      const target = 't'.repeat(length);
      const canary = [podOf(`${target}-${hash}`), podOf(target)];
      const primary = [podOf(`${target}-primary-${hash}`), podOf(`${target}-primary`)];
      expect(podsMatched(target, 'canary', [...canary, ...primary])).toEqual(canary);
      expect(podsMatched(target, 'primary', [...canary, ...primary])).toEqual(primary);
    }
    expect(podsMatched('t'.repeat(54), 'canary', [])).toEqual(['no pattern']);
  });
});
