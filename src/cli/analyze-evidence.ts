/** `analysis.checks` asked now: from where the operator's own judgement stands to the newest scrape, without writing anything. */
import { gatherEvidence } from '../controller/evidence.ts';
import type { Model } from '../controller/model.ts';
import type { CheckEvidence } from '../core/evidence/check-evidence.ts';
import type { EvidenceCheck } from '../core/evidence/plan.ts';
import { soundState } from '../core/status.ts';
import type { AnalyzeDeps, CheckRow } from './analyze.ts';
import { wordsOf } from './evidence-plan.ts';

export async function analyzeEvidence(
  model: Model,
  { routers, series, clock, isServerGiven }: AnalyzeDeps,
): Promise<readonly CheckRow[]> {
  const { canary, plan } = model;
  if (plan.evidence === undefined) return [];
  const { phase, context } = soundState(canary.status, plan, clock.now());
  if (phase !== 'Progressing' || context.analysedFrom === 0) return plan.evidence.checks.map(atRest);
  const { metricsServer: _, ...spec } = canary.spec;
  const asked = isServerGiven ? { ...model, canary: { ...canary, spec } } : model;
  const ports = { routers, series, clock, observe };
  const evidence = await gatherEvidence(asked, context, clock.now(), ports);
  return (evidence?.checks ?? []).map((each, index) => rowOf(each, plan.evidence?.checks[index]));
}

/** Nobody watches the command line's own numbers. */
const observe = { verdict: () => undefined };

function atRest(check: EvidenceCheck): CheckRow {
  const { name } = check;
  const why = 'no release is running, and there is nothing to judge';
  const { limit } = wordsOf(check);
  return { check: name, outcome: 'noData', value: why, limit, sentence: `${name} has no verdict: ${why}` };
}

function rowOf(
  { name, outcome, message, value = 0 }: CheckEvidence,
  check: EvidenceCheck | undefined,
): CheckRow {
  const limit = check === undefined ? '' : wordsOf(check).limit;
  return { check: name, outcome, value: String(Number(value.toPrecision(3))), limit, sentence: message };
}
