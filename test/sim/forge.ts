/** A Git host in memory, behind the forge port: keeps pull requests and statuses, merges and closes as people do, and may be down. */
import { type CommitStatus, type Forge, ForgeError, type PullRequest } from '../../src/forge/port.ts';
import type { Gate } from './gate.ts';
import type { World } from './world.ts';

export interface SimPull {
  readonly number: number;
  readonly branch: string;
  readonly body: string;
  state: PullRequest['state'];
  mergeCommit: string | undefined;
  readonly comments: string[];
  autoMerge: string | undefined;
}

export interface Host {
  mode: 'up' | 'down' | 'limited' | 'forbidden';
  readonly pulls: SimPull[];
  readonly statuses: (CommitStatus & { readonly commit: string })[];
  /** How often Siskin looked at one that is open. */
  looks: number;
  /** As a person does by hand. */
  merge(number: number): void;
  close(number: number): void;
  port(gate: Gate): Forge;
}

const failures = {
  down: ['Unreachable', true],
  limited: ['RateLimited', true],
  forbidden: ['Forbidden', false],
} as const;

export function createHost(world: World): Host {
  const pulls: SimPull[] = [];
  const statuses: Host['statuses'] = [];

  function shown({ number, branch, state, mergeCommit }: SimPull): PullRequest {
    const head =
      world.manifests.proposals.get(branch)?.id ?? world.environments.branches.get(branch)?.commit ?? '';
    const url = `https://git.example.com/acme/manifests/pulls/${number}`;
    return { number, url, state, head, ...(mergeCommit === undefined ? {} : { mergeCommit }) };
  }

  function at(number: number): SimPull {
    const pull = pulls.find(each => each.number === number);
    if (pull === undefined)
      throw new ForgeError('NotFound', `no pull request ${number}`, { transient: false });
    return pull;
  }

  function find(branch: string): SimPull | undefined {
    const mine = pulls.filter(pull => pull.branch === branch);
    return mine.find(({ state }) => state === 'Open') ?? mine.at(-1);
  }

  const host: Host = {
    mode: 'up',
    pulls,
    statuses,
    looks: 0,
    merge(number) {
      const pull = at(number);
      pull.mergeCommit = world.manifests.mergeProposal(pull.branch).id;
      pull.state = 'Merged';
    },
    close(number) {
      at(number).state = 'Closed';
    },
    port(gate) {
      function pass<T>(what: string, mutates: boolean, perform: () => T): Promise<T> {
        return gate.pass({ what: `forge ${what}`, mutates, remote: true }, () => {
          if (host.mode !== 'up') {
            const [code, transient] = failures[host.mode];
            throw new ForgeError(code, `ManifestRepository manifests: ${code}`, { transient });
          }
          return perform();
        });
      }
      return {
        gitSecret: access => Promise.resolve(access.secret),
        find: (_access, { branch }) =>
          pass('find', false, () => {
            const pull = find(branch);
            return pull === undefined ? undefined : shown(pull);
          }),
        get: (_access, number) =>
          pass('get', false, () => {
            host.looks += 1;
            return shown(at(number));
          }),
        open: (_access, { branch, body }) =>
          pass('open', true, () => {
            const existing = find(branch);
            if (existing?.state === 'Open') return { ...shown(existing), notes: [] };
            if (!world.manifests.proposals.has(branch) && !world.environments.branches.has(branch))
              throw new ForgeError('Rejected', 'no such branch', { transient: false });
            const pull: SimPull = {
              number: pulls.length + 1,
              branch,
              body,
              state: 'Open',
              mergeCommit: undefined,
              comments: [],
              autoMerge: undefined,
            };
            pulls.push(pull);
            return { ...shown(pull), notes: [] };
          }),
        update: () => pass('update', true, () => undefined),
        close: (_access, number, why) =>
          pass('close', true, () => {
            const pull = at(number);
            if (pull.state !== 'Open') return;
            pull.comments.push(why);
            pull.state = 'Closed';
          }),
        autoMerge: (_access, number, head) =>
          pass('auto-merge', true, () => {
            at(number).autoMerge = head;
          }),
        setStatus: (_access, commit, status) =>
          pass('status', true, () => {
            statuses.push({ commit, ...status });
          }),
      };
    },
  };
  return host;
}
