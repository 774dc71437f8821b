/** The manifests repository, in memory: users push to it, an agent applies it, and Siskin reverts in it through its port. */
import { createHash } from 'node:crypto';
import { Deployments } from '../../src/api/resources.ts';
import {
  GitError,
  type GitPosition,
  type GitRepository,
  type RevertRequest,
  type RevertResult,
} from '../../src/git/port.ts';
import type { Gate } from './gate.ts';
import type { Commit } from './history.ts';
import type { World } from './world.ts';

export type GitMode = 'up' | 'down' | 'hang' | 'slow' | 'ambiguous' | 'raced' | 'denied';

export interface Manifests {
  mode: GitMode;
  /** While true, the agent applies nothing. */
  agentPaused: boolean;
  /** Texts of files by their paths, the same in every commit: what a search and a scope are read from. */
  readonly files: Map<string, string>;
  readonly commits: readonly Commit[];
  /** Only pull requests change the branch. */
  isProtected: boolean;
  /** Later commits stand in the way of every revert. */
  isConflicted: boolean;
  /** Branches of Siskin's, by name: what a merge would put on the branch that is deployed. */
  readonly proposals: ReadonlyMap<string, Proposal>;
  /** As the host does when a person asks for it. */
  mergeProposal(branch: string): Commit;
  head(): Commit;
  /** A user's push. Without an image, something beside the workload's path changes. */
  push(image?: string): Commit;
  /** Applies the head to the cluster now. */
  sync(): Promise<void>;
  port(gate: Gate): GitRepository;
}

export interface Proposal {
  /** Tip of the branch. */
  readonly id: string;
  /** Head of the deployed branch that it holds. */
  readonly base: string;
  readonly rollbackOf: string;
  readonly rollbackId: string;
  readonly image: string;
}

const deadlineMs = 60_000;

export function createManifests(
  world: World,
  target: { namespace: string; name: string },
  image: string,
): Manifests {
  const agent = world.kube.client('flux');
  const commits: Commit[] = [];
  const proposals = new Map<string, Proposal>();

  function append(made: Omit<Commit, 'id' | 'at'>): Commit {
    const commit = { ...made, at: world.clock.now() };
    const id = createHash('sha1').update(JSON.stringify(commit)).digest('hex');
    const whole = { ...commit, id };
    commits.push(whole);
    world.record({ type: 'commit', at: world.clock.now(), commit: whole });
    if (commits.length > 1) world.clock.after(1_000, () => void manifests.sync());
    return whole;
  }

  function head(): Commit {
    const last = commits.at(-1);
    if (last === undefined) throw new Error('the repository is empty');
    return last;
  }

  /** As the branch is, as it was, or as it is at one of its commits. */
  function position(before = Number.POSITIVE_INFINITY, at?: string): GitPosition {
    const named = commits.findIndex(commit => commit.id === at);
    const known = (named < 0 ? commits : commits.slice(0, named + 1)).filter(commit => commit.at <= before);
    const last = known.at(-1) ?? head();
    const change = known.findLast(commit => commit.changesPath) ?? last;
    return { head: last.id, commit: change.id, tree: treeOf(last.image) };
  }

  function imageOfTree(tree: string): string {
    return commits.find(commit => treeOf(commit.image) === tree)?.image ?? '';
  }

  async function reached(): Promise<void> {
    if (manifests.mode === 'down')
      throw new GitError('Unreachable', 'ManifestRepository manifests cannot be reached', {
        transient: true,
      });
    if (manifests.mode === 'denied')
      throw new GitError('AuthenticationFailed', 'the Git server refused the credentials', {
        transient: false,
      });
    if (manifests.mode === 'slow') await wait(5_000);
    if (manifests.mode === 'hang') {
      await wait(deadlineMs);
      throw new GitError('Timeout', 'ManifestRepository manifests gave no answer', { transient: true });
    }
  }

  function wait(ms: number): Promise<void> {
    return new Promise(resolve => {
      world.clock.after(ms, resolve);
    });
  }

  /** The same order of questions as the real plan: found by its trailer, by its content, overtaken, else to be written. */
  async function revert(request: RevertRequest): Promise<RevertResult> {
    const known = commits.find(
      commit => commit.rollbackOf === request.failed.commit || commit.rollbackId === request.rollbackId,
    );
    if (known !== undefined)
      return { verdict: 'AlreadyReverted', message: 'It was reverted already.', commit: known.id, files: [] };
    const now = position();
    if (now.tree === request.good.tree)
      return { verdict: 'AlreadyReverted', message: 'Git is as it was already.', files: [] };
    if (now.tree !== request.failed.tree || now.commit !== request.failed.commit)
      return { verdict: 'Superseded', message: 'Git has moved on.', files: [] };
    const image = imageOfTree(request.good.tree);
    const files = ['apps/podinfo/deploy.yaml'];
    if (manifests.isConflicted && request.onConflict === 'Hold')
      return { verdict: 'Conflict', message: 'Later commits changed the same lines.', files };
    if (request.mode === 'DryRun') return { verdict: 'Reverted', message: 'Nothing was pushed.', files };
    if (request.proposal !== undefined) return propose(request, request.proposal, image);
    if (manifests.isProtected)
      throw new GitError('BranchProtected', 'the branch is protected', { transient: false });
    const may = await request.mayPush();
    if (!may.allowed) return { verdict: 'Held', message: may.why, files: [] };
    if (head().id !== now.head) return revert(request);
    const commit = append({
      parent: head().id,
      image,
      author: 'siskin',
      changesPath: true,
      rollbackOf: request.failed.commit,
      rollbackId: request.rollbackId,
    });
    return {
      verdict: 'Reverted',
      message: 'The change was reverted.',
      commit: commit.id,
      files,
    };
  }

  /** Pushed once, and again only where the deployed branch has moved; nothing of the branch is ever taken back. */
  async function propose(
    request: RevertRequest,
    { branch, refresh }: NonNullable<RevertRequest['proposal']>,
    image: string,
  ): Promise<RevertResult> {
    const old = proposals.get(branch);
    const files = ['apps/podinfo/deploy.yaml'];
    const proposed = { verdict: 'Proposed', message: 'It is on a branch.', files } as const;
    if (old !== undefined && (old.base === head().id || refresh === 'Needed'))
      return { ...proposed, commit: old.id, moved: false };
    const may = await request.mayPush();
    if (!may.allowed && old === undefined) return { verdict: 'Held', message: may.why, files: [] };
    const id = createHash('sha1').update(`${old?.id} ${head().id} ${request.rollbackId}`).digest('hex');
    const { rollbackId } = request;
    proposals.set(branch, { id, base: head().id, rollbackId, rollbackOf: request.failed.commit, image });
    return { ...proposed, commit: id, moved: true };
  }

  function kindOf(path: string): 'file' | 'folder' {
    return manifests.files.has(path) ? 'file' : 'folder';
  }

  function holds(path: string): boolean {
    return [...manifests.files.keys()].some(file => file === path || file.startsWith(`${path}/`));
  }

  const manifests: Manifests = {
    mode: 'up',
    agentPaused: false,
    isProtected: false,
    files: new Map(),
    isConflicted: false,
    commits,
    proposals,
    mergeProposal(branch) {
      const proposal = proposals.get(branch);
      if (proposal === undefined) throw new Error(`there is no branch ${branch}`);
      const { image, rollbackOf, rollbackId } = proposal;
      return append({
        parent: head().id,
        image,
        author: 'siskin',
        changesPath: true,
        rollbackOf,
        rollbackId,
      });
    },
    head,
    push: pushed =>
      append({
        parent: head().id,
        image: pushed ?? head().image,
        author: 'user',
        changesPath: pushed !== undefined,
      }),
    async sync() {
      if (manifests.agentPaused || world.kube.peek(Deployments, target) === undefined) return;
      await agent.patch(Deployments, target, {
        spec: { template: { spec: { containers: [{ name: 'app', image: head().image }] } } },
      });
    },
    port: gate => ({
      locate: (_repository, { before, commit }) =>
        gate.pass({ what: 'git locate', mutates: false, remote: true }, async () => {
          await reached();
          return position(before, commit);
        }),
      browse: (_repository, _at, use) =>
        gate.pass({ what: 'git browse', mutates: false, remote: true }, async () => {
          await reached();
          return use({
            commit: head().id,
            kindsOf: async paths =>
              new Map(paths.flatMap(path => (holds(path) ? [[path, kindOf(path)] as const] : []))),
            read: async paths => new Map([...manifests.files].filter(([path]) => paths.includes(path))),
            list: async () => [...manifests.files.keys()],
          });
        }),
      revert: request =>
        gate.pass({ what: 'git revert', mutates: true, remote: true }, async () => {
          await reached();
          if (manifests.mode === 'raced') {
            manifests.mode = 'up';
            manifests.push();
          }
          const result = await revert(request);
          if (manifests.mode === 'ambiguous') {
            manifests.mode = 'up';
            throw new GitError('Timeout', 'ManifestRepository manifests gave no answer', { transient: true });
          }
          return result;
        }),
      promote: request =>
        gate.pass({ what: 'git promote', mutates: true, remote: true }, async () => {
          await reached();
          const result = await world.environments.promote(request);
          if (manifests.mode === 'ambiguous') {
            manifests.mode = 'up';
            throw new GitError('Timeout', 'ManifestRepository manifests gave no answer', { transient: true });
          }
          return result;
        }),
    }),
  };
  append({ parent: '', image, author: 'user', changesPath: true });
  return manifests;
}

function treeOf(image: string): string {
  return createHash('sha1').update(`tree ${image}`).digest('hex');
}
