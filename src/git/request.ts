/** Checks everything that a call brings before anything is run, opened or asked. */
import { gitError } from './errors.ts';
import { mayHoldAllowed } from './globs.ts';
import type { RepositoryAccess, RevertRequest } from './port.ts';
import type { PromotionRequest } from './promotion.ts';
import {
  InvalidInput,
  type RemoteUrl,
  validBranch,
  validGlob,
  validIdentity,
  validObject,
  validPath,
  validUrl,
  validWord,
} from './validate.ts';

/** A place in a repository that may be looked at. */
export interface Place {
  readonly remote: RemoteUrl;
  /** Normalised; '' is the root. */
  readonly path: string;
}

/** Throws `InvalidRequest` for what is hostile or malformed, and `PathNotAllowed` for a path outside of the allowed ones. */
export function checkPlace(
  repository: RepositoryAccess,
  at: {
    readonly branch: string;
    readonly path: string;
    readonly also?: readonly string[];
    readonly commit?: string;
    readonly before?: number;
  },
  allowFileUrls: boolean,
): Place {
  const place = named(repository, () => {
    const remote = validUrl(repository.url, { allowFileUrls });
    validBranch(at.branch);
    // What may be written is said by the platform team's object alone, never by what an agent or a tenant reports.
    if (at.branch !== repository.branch)
      throw new InvalidInput(`the branch is not ${repository.branch}, its branch`);
    for (const glob of repository.allowedPaths) validGlob(glob);
    if (at.commit !== undefined) validObject(at.commit);
    for (const other of at.also ?? []) validOther(other);
    return { remote, path: validPath(at.path) };
  });
  if (!mayHoldAllowed(repository.allowedPaths, place.path)) {
    throw gitError('PathNotAllowed', { repository: repository.name, detail: place.path });
  }
  return place;
}

/** As `checkPlace`, and everything that becomes part of the commit. */
export function checkRequest(request: RevertRequest, allowFileUrls: boolean): Place {
  named(request.repository, () => validRequest(request));
  return checkPlace(request.repository, { branch: request.branch, path: request.path }, allowFileUrls);
}

/** As `checkPlace` for every file, and everything that becomes part of the commit. Answers the request with plain paths. */
export function checkPromotion(
  request: PromotionRequest,
  allowFileUrls: boolean,
): { readonly remote: RemoteUrl; readonly request: PromotionRequest } {
  const { repository, branch } = request;
  named(repository, () => {
    validIdentity(repository.commit);
    validWord('promotionId', request.promotionId);
    validWord('the revision', request.revision);
    validWord('the namespace', request.canary.namespace);
    validWord('the name', request.canary.name);
    validWord('the target', request.target);
    for (const time of [request.promotedAt, request.dueAt]) {
      if (!Number.isSafeInteger(time) || time < 0) throw new InvalidInput('a time is not in milliseconds');
    }
    if (request.mode === 'PullRequest') validBranch(request.proposal?.branch ?? '');
    if (request.edits.length === 0) throw new InvalidInput('there is nothing to write');
    if (request.edits.some(({ path }) => validPath(path) === ''))
      throw new InvalidInput('a path is the root');
  });
  const places = request.edits.map(({ path }) => checkPlace(repository, { branch, path }, allowFileUrls));
  const [{ remote } = { remote: validUrl(repository.url, { allowFileUrls }) }] = places;
  const edits = request.edits.map((each, index) => ({ ...each, path: places[index]?.path ?? each.path }));
  return { remote, request: { ...request, edits } };
}

function named<T>(repository: RepositoryAccess, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    throw gitError('InvalidRequest', { repository: repository.name, detail: error.message });
  }
}

function validRequest(request: RevertRequest): void {
  for (const position of [request.good, request.failed]) {
    for (const other of position.also ?? []) validOther(other);
    for (const object of [position.head, position.commit, position.tree]) validObject(object);
  }
  validIdentity(request.repository.commit);
  validWord('rollbackId', request.rollbackId);
  validWord('the revision', request.revision);
  validWord('the namespace', request.canary.namespace);
  validWord('the name', request.canary.name);
  if ((request.mode === 'PullRequest') !== (request.proposal !== undefined)) {
    throw new InvalidInput('a branch is needed for a pull request, and for nothing else');
  }
  if (request.proposal !== undefined && validBranch(request.proposal.branch) === request.branch) {
    throw new InvalidInput('the branch of a pull request must be another than the one it is for');
  }
  if (!Number.isSafeInteger(request.decidedAt) || request.decidedAt < 0) {
    throw new InvalidInput('decidedAt is not a time in milliseconds');
  }
}

/** A further path is stored as it is used. */
function validOther(path: string): void {
  if (path === '' || validPath(path) !== path) throw new InvalidInput('a further path is not a plain path');
}
