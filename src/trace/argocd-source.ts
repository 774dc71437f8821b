/** From an Application's sources to places in Git: repository, branch, paths and commit of each. */
import { evidenceOf, notTold } from './agent-object.ts';
import type { ApplicationObject, Revisions, Source } from './argocd-objects.ts';
import { followed } from './argocd-revision.ts';
import { outermost, plainPath, resolvePath } from './path.ts';
import type { Trace, TracedSource } from './port.ts';

const generatePaths = 'argocd.argoproj.io/manifest-generate-paths';
/** A claim with more paths than this is cut: what is missing then is not reverted, never the other way round. */
const mostPaths = 32;

/** A source in Git with what of its repository this Application is made from. */
interface GitSource {
  readonly source: Source;
  readonly commit: string;
  readonly paths: readonly string[];
}

export function tracedSources(what: string, application: ApplicationObject, revisions: Revisions): Trace {
  const { spec } = application;
  if (spec.sourceHydrator !== undefined)
    return hydrated(what, application, spec.sourceHydrator.drySource, revisions);
  const sources = spec.sources.length > 0 ? spec.sources : spec.source === undefined ? [] : [spec.source];
  const commits = spec.sources.length > 0 ? revisions.revisions : [revisions.revision];
  if (sources.length === 0 || commits.length !== sources.length)
    return notTold(`${what} does not tell the commit of each of its sources`);
  const { found, isWhole } = gitSources(application, sources, commits);
  const told: TracedSource[] = [];
  const pinned: string[] = [];
  for (const { source, commit, paths } of mergedByRepository(found)) {
    const follows = followed(source.targetRevision);
    if ('pinned' in follows) {
      pinned.push(follows.pinned);
      continue;
    }
    told.push({
      url: source.repoURL,
      ...follows,
      paths: atLeastOne(outermost(paths).slice(0, mostPaths)),
      commit,
      confidence: isWhole && found.length > 0 && sameRepository(found) ? 'High' : 'Medium',
      evidence: evidenceOf(`${what} at ${commit}`),
    });
  }
  const [first, ...others] = told;
  if (first !== undefined) return { told: true, sources: [first, ...others] };
  if (pinned[0] !== undefined)
    return notTold(`${what} follows ${pinned[0]}, which no commit on a branch changes`);
  return notTold(`${what} is made from charts or artifacts, which name no commit`);
}

function gitSources(
  { metadata }: ApplicationObject,
  sources: readonly Source[],
  commits: readonly string[],
): { found: GitSource[]; isWhole: boolean } {
  const patterns = (metadata.annotations[generatePaths] ?? '').split(';').filter(path => path !== '');
  let isWhole = true;
  const found = sources.flatMap((source, index): GitSource[] => {
    const commit = commits[index] ?? '';
    const isGit = source.chart === '' && /^([0-9a-f]{40}|[0-9a-f]{64})$/u.test(commit);
    if (!isGit || source.plugin !== undefined) isWhole = false;
    if (!isGit) return [];
    // A source with a name and no path lends its files to the others and makes nothing itself.
    const own = source.path === '' && source.ref !== '' ? [] : [plainPath(source.path)];
    const around = own.flatMap(base => patterns.map(pattern => resolvePath(base, folderOf(pattern))));
    const values = valueFiles(source, sources);
    if (values.includes(undefined)) isWhole = false;
    const paths = [...own, ...values, ...around].filter(path => path !== undefined);
    return paths.length === 0 ? [] : [{ source, commit, paths }];
  });
  return { found, isWhole };
}

/** The part of a glob before its first wildcard. */
function folderOf(pattern: string): string {
  const wildcard = pattern.search(/[*?[]/u);
  return wildcard < 0 ? pattern : pattern.slice(0, pattern.lastIndexOf('/', wildcard) + 1) || '.';
}

/** Value files that lie in this source, its own ones and those that other sources take by its name; undefined for one that lies nowhere in Git. */
function valueFiles(source: Source, all: readonly Source[]): (string | undefined)[] {
  const own = source.helm.valueFiles
    .filter(file => !file.startsWith('$'))
    .map(file =>
      /^[a-z][a-z0-9+.-]*:\/\//iu.test(file) ? undefined : resolvePath(plainPath(source.path), file),
    );
  const lent = all
    .flatMap(({ helm }) => helm.valueFiles)
    .filter(file => source.ref !== '' && file.startsWith(`$${source.ref}/`))
    .map(file => resolvePath('', file.slice(source.ref.length + 2)));
  return [...own, ...lent];
}

/** One repository at one commit is one place, however many sources read from it. */
function mergedByRepository(found: readonly GitSource[]): GitSource[] {
  const merged = new Map<string, GitSource>();
  for (const one of found) {
    const key = JSON.stringify([one.source.repoURL, one.source.targetRevision, one.commit]);
    const known = merged.get(key);
    merged.set(key, known === undefined ? one : { ...known, paths: [...known.paths, ...one.paths] });
  }
  return [...merged.values()];
}

function sameRepository(found: readonly GitSource[]): boolean {
  return new Set(found.map(({ source }) => source.repoURL)).size === 1;
}

/**
 * What runs was rendered onto another branch; people, and so a revert, change the dry source. The last rendering is the
 * one that was applied where its commit is, or where it was finished before the sync began that others' commits moved on.
 */
function hydrated(
  what: string,
  { status }: ApplicationObject,
  dry: { readonly repoURL: string; readonly targetRevision: string; readonly path: string },
  { revision }: Revisions,
): Trace {
  const { lastSuccessfulOperation: last, currentOperation: current } = status.sourceHydrator;
  if (last === undefined || last.drySHA === '')
    return notTold(`${what} does not tell the commit that it was hydrated from`);
  const finished = Date.parse(
    current?.phase === 'Hydrated' && current.hydratedSHA === last.hydratedSHA
      ? (current.finishedAt ?? '')
      : '',
  );
  const exact = revision === last.hydratedSHA;
  if (!exact && !(finished <= Date.parse(status.operationState?.startedAt ?? '')))
    return notTold(`${what} applied commit ${revision}, which is not the one that was hydrated last`);
  const follows = followed(dry.targetRevision);
  if ('pinned' in follows)
    return notTold(
      `the dry source of ${what} follows ${follows.pinned}, which no commit on a branch changes`,
    );
  return {
    told: true,
    sources: [
      {
        url: dry.repoURL,
        ...follows,
        paths: [plainPath(dry.path)],
        commit: last.drySHA,
        confidence: exact ? 'High' : 'Medium',
        evidence: evidenceOf(`${what} at ${revision}, hydrated from ${last.drySHA}`),
      },
    ],
  };
}

function atLeastOne(paths: readonly string[]): readonly [string, ...string[]] {
  const [first = '', ...others] = paths;
  return [first, ...others];
}
