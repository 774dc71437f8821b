/** Writes `docs/state-machine.md` from the machine; with `--check` it only tells whether the page is up to date. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv, exit } from 'node:process';
import { machine, type Phase } from './machine.ts';

const page = 'docs/state-machine.md';
const file = join(import.meta.dirname, '..', '..', page);

const phases: Readonly<Record<Phase, string>> = {
  Initializing: 'The primary is made from the target, then Services and route turn to it.',
  Initialized: 'At rest after the first start: the primary serves all requests.',
  Waiting: 'A new revision waits for approval before its run starts.',
  Progressing: "A run: the canary's pods start, then it gets its requests step by step and is judged.",
  WaitingPromotion: 'All checks passed; the revision waits for approval before it is promoted.',
  Promoting: 'The revision is copied to the primary, which then takes the requests back.',
  Finalising: 'All requests go to the primary; the canary finishes its last ones.',
  Succeeded: 'At rest after a run that was promoted, or that ended without a verdict.',
  Failed: 'At rest after a run that was rolled back, or a promoted release that was undone.',
  Terminating: 'The Canary is being deleted: the target takes its requests back.',
};

const guards: Readonly<Record<string, string>> = {
  tooEarly: 'the step is not over, so the event changes nothing',
  noVerdictYet:
    'the canary had no requests or check yet, or the step is not over, so the event changes nothing',
  begun: 'the canary had its first requests before',
  skips: '`skipAnalysis` is set',
  moreWeights: 'the plan has a higher weight',
  belowLast: 'the last weight is not reached yet, so the event changes nothing',
  eases: 'the impact budget allows more than the canary has',
  moreChecks: 'blue/green asks for further checks',
  wantsFullTraffic: 'blue/green behind a router checks once more with all requests',
  exhausted: 'this failed check reaches the threshold',
  stepsBack: 'the primary takes its requests back in steps and this is not the last',
  notWatching:
    'the promoted release is not watched, or its next check is not due, so the event changes nothing',
  watchExhausted: 'this failed check reaches the threshold of the watch',
  sameRevision: 'it is the revision in hand',
};

/** A declared transition; `target` is its own phase where it only changes fields. */
export interface Edge {
  readonly source: string;
  readonly event: string;
  /** `otherwise` for the last of several; undefined for the only one. */
  readonly guard?: string;
  readonly target: string;
}

type Declared = ReadonlyMap<
  string,
  readonly { readonly guard?: unknown; readonly target?: readonly { readonly key: string }[] | undefined }[]
>;

function edgesOf(source: string, transitions: Declared): Edge[] {
  return [...transitions].flatMap(([event, choices]) =>
    choices.map(({ guard, target }) => ({
      source,
      event,
      ...(choices.length === 1 ? {} : { guard: typeof guard === 'string' ? guard : 'otherwise' }),
      target: target?.[0]?.key ?? source,
    })),
  );
}

/** Every declared transition but `deleted`, in the machine's order. */
export const edges: readonly Edge[] = Object.entries(machine.states).flatMap(([phase, node]) =>
  edgesOf(phase, node.transitions),
);
const fromAnywhere = edgesOf('Canary', machine.root.transitions);

function line({ source, event, guard, target }: Edge): string {
  return `${source} --> ${target} : ${event}${guard === undefined ? '' : ` [${guard}]`}`;
}

function meaning(words: Readonly<Record<string, string>>, name: string): string {
  const text = words[name];
  if (text === undefined) throw new Error(`${name} has no meaning in generate-diagram.ts`);
  return `| \`${name}\` | ${text} |`;
}

export function diagramPage(): string {
  return [
    '<!-- Generated from src/core/machine.ts by `node src/core/generate-diagram.ts`; do not edit. -->',
    '# The state machine',
    '',
    'Events carry the time and what was observed; guards stand in brackets, and the first that holds wins.',
    '',
    '```mermaid',
    'stateDiagram-v2',
    '  state Canary {',
    '    [*] --> Initializing',
    ...edges.map(edge => `    ${line(edge)}`),
    '  }',
    '  [*] --> Canary',
    ...fromAnywhere.map(edge => `  ${line(edge)}`),
    '```',
    '',
    '| Phase | Meaning |',
    '|---|---|',
    ...Object.keys(machine.states).map(name => meaning(phases, name)),
    '',
    '| Guard | Holds when |',
    '|---|---|',
    ...Object.keys(machine.implementations.guards).map(name => meaning(guards, name)),
    '',
  ].join('\n');
}

function main(): void {
  const text = diagramPage();
  if (argv.includes('--check')) {
    if (readFileSync(file, 'utf8') === text) return;
    console.error(`${page} is not up to date: run node src/core/generate-diagram.ts`);
    exit(1);
  }
  writeFileSync(file, text);
}

if (import.meta.main) main();
