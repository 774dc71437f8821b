import { expect, it } from 'vitest';
import { judgeRelease, type Named } from './release.ts';

type Given = Named['judgement'];
const content: Given = { action: 'advance', outcome: 'pass', evidence: 0.1 };
const early: Given = { action: 'advance', outcome: 'inconclusive', evidence: 0 };
const silent: Given = { action: 'hold', outcome: 'noData', evidence: 0 };
const worse: Given = { action: 'rollback', outcome: 'fail', evidence: 1.1 };

it.each<[string, Given[], boolean, string, number | undefined]>([
  ['no check', [], true, 'advance', undefined],
  ['all content', [content, content], true, 'advance', undefined],
  ['one holds', [content, silent], false, 'hold', 1],
  ['one is worse, whatever the others say', [silent, content, worse], false, 'rollback', 2],
  ['the strongest of two that are worse', [worse, { ...worse, evidence: 2 }], false, 'rollback', 1],
  ['a step does not wait for enough requests', [content, early], false, 'advance', undefined],
  ['a promotion does', [content, early], true, 'hold', 1],
])('%s', (_, judgements, isPromotion, action, decisive) => {
  const checks = judgements.map((judgement, index) => ({ name: String(index), judgement }));
  const release = judgeRelease(checks, isPromotion);
  expect(release.action).toBe(action);
  expect(release.decisive?.name).toBe(decisive === undefined ? undefined : String(decisive));
});
