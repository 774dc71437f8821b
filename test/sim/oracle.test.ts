/** The oracle itself: a history that was tampered with is found out by the checker which stands for the rule. */
import { beforeAll, expect, test } from 'vitest';
import { trust } from '../memory/json.ts';
import type { Entry, History } from './history.ts';
import { inOrder, revertsFailures, revertsOnce } from './oracle/rollback.ts';
import {
  availableSides,
  committedWeights,
  drainedFirst,
  noStrangers,
  onlyTheRun,
  weightsSum,
} from './oracle/traffic.ts';
import { earnedSteps, failedAtOnce, verifiedTemplates } from './oracle/verdicts.ts';
import { conditionalWrites } from './oracle/writes.ts';
import { byImage, play, type Scenario, stepsOfPlan, threshold } from './story.ts';
import { World } from './world.ts';

/** One good release and one bad, which together hold everything that can be tampered with. */
const story: Scenario = {
  name: 'good, then bad',
  script(world) {
    world.metrics.script = byImage;
    world.at(20, () => world.manifests.push('app:v2'));
    world.at(150, () => world.manifests.push('app:bad'));
  },
  seconds: 300,
};

let history: History = [];
beforeAll(async () => {
  const world = new World();
  await play(world, story);
  history = world.history;
});

/** A copy in which every entry is as `change` makes it; undefined leaves an entry out. */
function tampered(change: (entry: Entry) => Entry | undefined): History {
  return history.flatMap(entry => change(entry) ?? []);
}

/** A copy in which the text of certain entries is another. */
function rewritten(concerns: (entry: Entry) => boolean, from: RegExp, to: string): History {
  return tampered(entry =>
    concerns(entry) ? trust<Entry>(JSON.parse(JSON.stringify(entry).replaceAll(from, to))) : entry,
  );
}

const ofKind = (kind: string) => (entry: Entry) =>
  entry.type === 'object' && entry.change.resource.kind === kind;
const writeOf = (plural: string) => (entry: Entry) =>
  entry.type === 'write' && entry.resource.plural === plural;
const siskins = (entry: Entry) => entry.type === 'commit' && entry.commit.author === 'siskin';

const cases: readonly [string, (entries: History) => string[], () => History, RegExp][] = [
  [
    'weights that do not sum to 100',
    weightsSum,
    () => rewritten(ofKind('HTTPRoute'), /"weight":80/g, '"weight":90'),
    /weights are/,
  ],
  [
    'finer weights than whole percents where there is a percent',
    weightsSum,
    () => rewritten(ofKind('HTTPRoute'), /"weight":80(.+?)"weight":20/g, '"weight":8000$1"weight":2000'),
    /weights are 8000\/2000/,
  ],
  [
    'traffic to a canary without pods',
    entries => availableSides(entries, 10),
    () => rewritten(ofKind('Deployment'), /"availableReplicas":2/g, '"availableReplicas":0'),
    /canary is not available/,
  ],
  [
    'traffic that no status allows',
    entries => committedWeights(entries, 0),
    () => rewritten(ofKind('Canary'), /"canaryWeight":60/g, '"canaryWeight":40'),
    /committed are 40/,
  ],
  [
    'traffic while the status is at rest',
    entries => committedWeights(entries, 0),
    () => rewritten(ofKind('Canary'), /"phase":"Progressing"/g, '"phase":"Failed"'),
    /while the status says Failed/,
  ],
  [
    'traffic to pods of another revision',
    entries => onlyTheRun(entries, 10),
    () => rewritten(ofKind('Deployment'), /app:v2/g, 'app:v7'),
    /the pods with traffic are app:v7/,
  ],
  [
    'a revision that nobody judges',
    entries => noStrangers(entries, 10),
    () => rewritten(ofKind('Canary'), /"to":\{"app":"app:v2"\}/g, '"to":{"app":"app:v7"}'),
    /nobody judges it/,
  ],
  [
    'pods that go before their traffic',
    drainedFirst,
    () => rewritten(ofKind('HTTPRoute'), /"weight":0\}/g, '"weight":20}'),
    /is scaled to zero while it gets/,
  ],
  [
    'a promotion without samples',
    entries => verifiedTemplates(entries, { passes: stepsOfPlan }),
    () => tampered(entry => (entry.type === 'sample' ? undefined : entry)),
    /after 0 passed samples/,
  ],
  [
    'a template that the target never held',
    entries => verifiedTemplates(entries, { passes: 0 }),
    () =>
      rewritten(
        entry => ofKind('Deployment')(entry) && JSON.stringify(entry).includes('"name":"podinfo-primary"'),
        /app:v2/g,
        'app:v7',
      ),
    /never held/,
  ],
  [
    'steps and failures without samples',
    earnedSteps,
    () => rewritten(entry => entry.type === 'sample', /"pass"|"fail"/g, '"undecided"'),
    /advanced without a passed sample/,
  ],
  [
    'a failure by missing data',
    earnedSteps,
    () => rewritten(entry => entry.type === 'sample', /"fail"/g, '"undecided"'),
    /failed without a failed sample/,
  ],
  [
    'a rollback a tick later',
    entries => failedAtOnce(entries, threshold - 1, 0),
    () => history,
    /ms after the sample/,
  ],
  [
    'a status before the traffic',
    inOrder,
    () => rewritten(ofKind('HTTPRoute'), /"weight":0\}/g, '"weight":20}'),
    /says Failed while the canary gets/,
  ],
  [
    'a revert before the status',
    inOrder,
    () => tampered(entry => (ofKind('Canary')(entry) ? undefined : entry)),
    /before any status says Failed/,
  ],
  [
    'a second revert',
    revertsOnce,
    () => history.flatMap(entry => (siskins(entry) ? [entry, entry] : [entry])),
    /reverted twice/,
  ],
  [
    'a forced branch',
    revertsOnce,
    () => rewritten(siskins, /"parent":"\w+"/g, '"parent":"elsewhere"'),
    /forced/,
  ],
  [
    'a revert of a revision that never failed',
    revertsFailures,
    () => rewritten(ofKind('Canary'), /app:bad/g, 'app:other'),
    /never failed/,
  ],
  [
    'an unconditional write',
    conditionalWrites,
    () => rewritten(writeOf('canaries'), /"resourceVersion":/g, '"another":'),
    /is unconditional/,
  ],
  [
    "a write of somebody else's field",
    conditionalWrites,
    () => rewritten(writeOf('deployments'), /"after":(\{.*?)"image":"app:v2"/g, '"after":$1"image":"app:v7"'),
    /changes spec.template/,
  ],
];

test.each(cases)('%s', (_name, check, tamper, complaint) => {
  expect(check(tamper()).join('\n')).toMatch(complaint);
});

test('the untouched history is without fault', () => {
  for (const [name, check] of cases)
    if (name !== 'a rollback a tick later') expect(check(history), name).toEqual([]);
});
