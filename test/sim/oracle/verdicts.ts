/** Rules 3, 6 and 7: nothing is promoted, advanced or failed but by samples of exactly that revision. */
import { Canaries, Deployments } from '../../../src/api/resources.ts';
import { dig } from '../../memory/json.ts';
import { imageOf } from '../deployments.ts';
import type { History } from '../history.ts';
import { canaryOf, replay, routeWrite, statusOf } from './replay.ts';

export interface Demands {
  /** How many passed samples a promotion needs; 0 where analysis is skipped. */
  readonly passes: number;
}

/** Rule 3: each template that the primary got after the first was the target's, and was judged good. */
export function verifiedTemplates(history: History, { passes }: Demands): string[] {
  const passed = new Map<string, number>();
  const targets = new Set<string>();
  const served = new Set<string>();
  return replay(history, ({ entry, get }, complain) => {
    if (entry.type === 'sample' && entry.outcome === 'pass')
      passed.set(entry.image, (passed.get(entry.image) ?? 0) + 1);
    if (entry.type !== 'object' || entry.change.resource.plural !== Deployments.plural) return;
    const { object, type } = entry.change;
    const { name } = object.metadata;
    const image = imageOf(object);
    if (!name.endsWith('-primary')) {
      targets.add(containersOf(object));
      return;
    }
    if (type === 'DELETED' || served.has(containersOf(object))) return;
    const canary = canaryOf(get, { ...object.metadata, name: name.replace(/-primary$/, '') });
    const status = statusOf(canary);
    served.add(containersOf(object));
    if (!targets.has(containersOf(object))) complain(`${name} got ${image}, which the target never held`);
    if (status.promoted === undefined && (status.phase ?? 'Initializing') === 'Initializing') return;
    if (status.phase !== 'Promoting') complain(`${name} got ${image} while the status says ${status.phase}`);
    const count = passed.get(image) ?? 0;
    if (count < passes) complain(`${name} got ${image} after ${count} passed samples of ${passes}`);
  });
}

function containersOf(object: { spec?: unknown }): string {
  return JSON.stringify(dig(object.spec, 'template', 'spec', 'containers'));
}

const endings = new Set(['ProgressDeadlineExceeded', 'RollbackRequested']);

/** Rule 6: between two committed steps lies a sample that allows the second; what is missing neither passes nor fails. */
export function earnedSteps(history: History): string[] {
  let passes = new Set<string>();
  let failures = new Set<string>();
  const last = new Map<string, ReturnType<typeof statusOf>>();
  return replay(history, ({ entry }, complain) => {
    if (entry.type === 'sample') {
      if (entry.outcome === 'pass') passes.add(`${entry.canary} ${entry.image}`);
      if (entry.outcome === 'fail') failures.add(`${entry.canary} ${entry.image}`);
      return;
    }
    if (entry.type !== 'object' || entry.change.resource.plural !== Canaries.plural) return;
    const { object } = entry.change;
    const { name } = object.metadata;
    const before = last.get(name) ?? {};
    const after = statusOf(object);
    last.set(name, after);
    if (before.run === undefined || before.run.id !== after.run?.id || before.phase !== 'Progressing') return;
    const image = `${name} ${Object.values(after.run.images?.to ?? {})[0] ?? ''}`;
    const opened = before.run.weightAt === undefined;
    const advanced =
      (after.canaryWeight ?? 0) > (before.canaryWeight ?? 0) ||
      (after.iterations ?? 0) > (before.iterations ?? 0) ||
      after.phase === 'Promoting';
    if (advanced && !opened) {
      if (!passes.has(image)) complain(`${image} advanced without a passed sample`);
      passes = new Set();
      failures = new Set();
    }
    const struck = (after.failedChecks ?? 0) > (before.failedChecks ?? 0);
    const failed =
      after.phase === 'Failed' &&
      !endings.has(after.reason ?? '') &&
      !(after.reason ?? '').endsWith('TimeLimit');
    if (struck || failed) {
      if (!failures.has(image)) complain(`${image} failed without a failed sample (${after.reason})`);
      passes = new Set();
      failures = new Set();
    }
  });
}

/** Rule 7: from the sample that decides to the route at 100/0 no virtual time passes. Holds where nothing else went wrong. */
export function failedAtOnce(history: History, threshold: number, withinMs: number): string[] {
  const strikes = new Map<string, number>();
  let deciding: number | undefined;
  return replay(history, ({ entry }, complain) => {
    if (entry.type === 'sample' && entry.outcome === 'fail') {
      const count = (strikes.get(entry.image) ?? 0) + 1;
      strikes.set(entry.image, count);
      if (count === threshold) deciding = entry.at;
    }
    const write = routeWrite(entry);
    if (write?.after === undefined || deciding === undefined) return;
    if (write.after.canary > 0 || (write.before?.canary ?? 0) === 0) return;
    if (entry.at - deciding > withinMs)
      complain(`the traffic went back ${entry.at - deciding} ms after the sample`);
    deciding = undefined;
  });
}
