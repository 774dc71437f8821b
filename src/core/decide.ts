/** Deciding: an ordered chain of small policies, of which the first with an opinion wins. Pure; the clock is in the input. */
import { grain } from './analysis/grain.ts';
import { analysis } from './decide-analysis.ts';
import { finalising, isLate, promoting } from './decide-promotion.ts';
import { askedBack, restoring, watching } from './decide-undo.ts';
import type { Decision } from './decision.ts';
import { formatDuration } from './duration.ts';
import type { Input } from './input.ts';
import { isResting } from './state.ts';
import { initialisedMessage } from './words.ts';

type Policy = (input: Input) => Decision | undefined;

const chain: readonly Policy[] = [
  initialising, // nothing else makes sense before there is a primary
  askedBack, // a person knows more than any check
  targetMissing, // a run without its target is nobody's failure
  superseded, // a newer revision makes every other question about the run moot
  canaryPods, // no samples from pods that are not ready
  blocked, // a problem that needs a person starts nothing and judges nothing, but ends what must end
  restoring, // the primary gets back what it served before
  detected, // at rest: is there something new?
  analysis, // what the samples say
  promoting,
  finalising,
];

export function decide(input: Input): Decision {
  for (const policy of chain) {
    const decision = policy(input);
    if (decision !== undefined) return decision;
  }
  return { reason: input.state.phase, message: '' };
}

function initialising({ state, now, primary, services, route, seen, problem }: Input): Decision | undefined {
  if (state.phase !== 'Initializing') return undefined;
  if (problem !== undefined) return { ...problem, stalled: true };
  if (seen === undefined || primary === undefined) return wait('Creating the primary from the target.');
  if (!primary.ready) return wait(`Waiting for the primary's pods: ${primary.message}.`);
  if (!services.backends || !services.apexToPrimary) return wait('Turning the Services to the primary.');
  if (!route.accepted) return wait(`Waiting for the route: ${route.message ?? 'not accepted yet'}.`);
  return {
    event: { type: 'initialized', now, revision: primary.revision ?? seen.revision },
    reason: 'Initialized',
    message: initialisedMessage,
  };
}

function wait(message: string): Decision {
  return { reason: 'Initializing', message };
}

function targetMissing({ seen, problem, state }: Input): Decision | undefined {
  if (seen !== undefined || state.phase === 'Terminating') return undefined;
  return { ...(problem ?? { reason: 'TargetMissing', message: 'The target is missing.' }), stalled: true };
}

function blocked(input: Input): Decision | undefined {
  const { problem, state, primary } = input;
  if (problem === undefined) return undefined;
  const { phase } = state;
  const decided =
    phase === 'Finalising' || phase === 'Terminating' || (phase === 'Promoting' && primary !== undefined);
  const judged = problem.besideRun === true && (phase === 'Progressing' || phase === 'WaitingPromotion');
  return decided || judged ? undefined : watching(input, { ...problem, stalled: true });
}

function superseded(input: Input): Decision | undefined {
  const { state, seen, now, primary } = input;
  const { phase, context } = state;
  const running = phase === 'Progressing' || phase === 'WaitingPromotion';
  const unwritten = phase === 'Promoting' && primary?.revision !== context.revision;
  const stuck = phase === 'Promoting' && !unwritten && isLate(input);
  if (!(running || unwritten || stuck) || seen === undefined || seen.revision === context.revision)
    return undefined;
  if (seen.isPromoted) {
    return {
      event: { type: 'returned', now },
      reason: 'Returned',
      message: 'The target is back on the promoted revision; the run ended without a verdict.',
    };
  }
  if (input.quarantined !== undefined && !input.retry) {
    // The primary holds half a promotion: there is nothing to return to.
    if (stuck) return undefined;
    return {
      event: { type: 'returned', now },
      reason: 'Quarantined',
      message: `Revision ${seen.revision} failed before and gets no traffic: ${input.quarantined.reason}`,
    };
  }
  return {
    event: { type: 'started', now, revision: seen.revision },
    reason: 'NewRevision',
    message: `Revision ${seen.revision} replaces ${context.revision}, whose run ended without a verdict.`,
  };
}

/** At rest: a watch goes on beside whatever else holds, but for the start of a run. */
function detected(input: Input): Decision | undefined {
  const found = newRevision(input);
  return found === undefined ? undefined : watching(input, found);
}

function newRevision(input: Input): Decision | undefined {
  const { state, seen, now, retry, quarantined } = input;
  const waits = state.phase === 'Waiting';
  if (!(isResting(state.phase) || waits) || seen === undefined) return undefined;
  // Gates are not built: a phase that another version of the operator waited in is left like rest.
  if (waits && seen.isPromoted)
    return { event: { type: 'returned', now }, reason: 'Returned', message: 'There is nothing to wait for.' };
  const wakes = [state.context.dueAt, quarantined?.until ?? 0].filter(at => at > now);
  const wakeAt = wakes.length === 0 ? {} : { wakeAt: Math.min(...wakes) };
  if (seen.isPromoted) return atRest(input, wakeAt);
  if (!retry && input.released !== true) {
    const failedHere = state.phase === 'Failed' && seen.revision === state.context.revision;
    if (quarantined !== undefined && (!failedHere || quarantined.returned === true)) {
      return {
        reason: 'Quarantined',
        message: `Revision ${seen.revision} failed before and gets no traffic: ${quarantined.reason}`,
        ...wakeAt,
      };
    }
    if (failedHere) return { reason: '', message: '', ...wakeAt };
  }
  return {
    event: { type: 'started', now, revision: seen.revision },
    reason: 'NewRevision',
    message: `Revision ${seen.revision} was found; its pods are starting.`,
  };
}

/** The sentence of the run's end stays; only a failure whose revert has arrived is told anew. */
function atRest({ state }: Input, wake: { wakeAt?: number }): Decision {
  if (state.phase === 'Failed') return { reason: 'Converged', message: '', ...wake };
  return { reason: '', message: '', ...wake };
}

function canaryPods({ state, target, now, problem }: Input): Decision | undefined {
  if (state.phase !== 'Progressing' && state.phase !== 'WaitingPromotion') return undefined;
  const { context } = state;
  if (target?.ready === true) {
    if (context.analysedFrom > 0 && context.readyBy === 0) return undefined;
    if (problem !== undefined && problem.besideRun !== true) return undefined;
    const message = context.plan.skipAnalysis
      ? 'The canary is ready; analysis is skipped.'
      : 'The canary is ready.';
    // Before the first sample nothing is known, so a budget allows no more than the least weight.
    const limit = context.plan.evidence?.budget === undefined ? {} : { limit: grain };
    return { event: { type: 'canaryReady', now, ...limit }, reason: 'CanaryReady', message };
  }
  const pods = target?.message ?? 'the target is missing';
  const late = context.readyBy > 0 && now >= context.readyBy;
  if (late || (target?.deadlineExceeded === true && context.readyBy > 0)) {
    const limit = formatDuration(context.plan.progressDeadlineMs);
    const why = late
      ? `were not ready within ${limit}`
      : 'will not become ready: their Deployment exceeded its own progress deadline';
    return {
      event: { type: 'gaveUp', now },
      reason: 'ProgressDeadlineExceeded',
      message: `The pods of revision ${context.revision} ${why} (${pods}).`,
    };
  }
  if (context.readyBy === 0) {
    return {
      event: { type: 'canaryUnready', now },
      reason: 'CanaryNotReady',
      message: `The canary's pods are not ready: ${pods}.`,
    };
  }
  return {
    reason: 'CanaryNotReady',
    message: `Waiting for the canary's pods: ${pods}.`,
    wakeAt: context.readyBy,
  };
}
