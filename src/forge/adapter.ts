/** What the adapters have in common: the port for one repository, and the parts of it that no host has an endpoint for. */
import type { Forge, ForgeAccess, PullRequest } from './port.ts';

type Bound<F> = F extends (access: ForgeAccess, ...rest: infer R) => infer T ? (...rest: R) => T : never;

/** The port with its repository given. */
export type RepositoryForge = { readonly [K in Exclude<keyof Forge, 'gitSecret'>]: Bound<Forge[K]> };

/** The open one of a branch, else the newest of the others. */
export function foremost(pulls: readonly PullRequest[]): PullRequest | undefined {
  const newest = [...pulls].sort((a, b) => b.number - a.number);
  return newest.find(({ state }) => state === 'Open') ?? newest[0];
}

/** Runs what a pull request can do without: its refusal becomes a sentence. Limits and broken connections still reject. */
export async function optional(what: string, act: () => Promise<unknown>): Promise<string[]> {
  try {
    await act();
    return [];
  } catch (error) {
    if (!(error instanceof Error) || Reflect.get(error, 'transient') === true) throw error;
    return [`${what}: ${error.message}`];
  }
}

/** Cut to what the host takes, by characters. */
export function cut(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 1).toWellFormed()}…`;
}
