/** What a place is made from besides its own path, and where it is when nobody says: both are read from the repository itself. */
import { statusLimits } from '../api/status-limits.ts';
import { isWithin, outermost } from '../trace/path.ts';
import { followScope } from '../trace/scope.ts';
import { searchManifest } from '../trace/search.ts';
import { type Place, PlaceError, type Target } from './found-place.ts';
import type { Ports } from './ports.ts';
import type { Access } from './repository.ts';

const longestPath = 512;

/** The place with the bases, components, value files and so on that its manifests name at the recorded commit. Rejects as the Git port does. */
export async function withScope(place: Place, others: readonly string[], ports: Ports): Promise<Place> {
  const { repository, branch, path, commit } = place;
  if (path === '') return place;
  const at = { branch, ...(commit === undefined ? {} : { commit }) };
  const also = await ports.git.browse(repository, at, async files => {
    const followed = await followScope(files, [path, ...others]);
    const wanted = outermost([...others, ...followed]).filter(
      other => !isWithin(path, other) && !isWithin(other, path) && other.length <= longestPath,
    );
    const kinds = await files.kindsOf(wanted);
    return wanted.filter(other => kinds.has(other)).slice(0, statusLimits.also);
  });
  if (also.length === 0) return place;
  // What is shared with others is nobody's own.
  const confidence = place.confidence === 'High' ? 'Medium' : place.confidence;
  return { ...place, also, ...(confidence === undefined ? {} : { confidence }) };
}

/** Looks in what may be written, and nowhere else. Rejects with `PlaceError` where that tells no one place, else as the Git port does. */
export async function searchPlace(
  access: Access,
  { target, why }: { readonly target: Target; readonly why: string },
  ports: Ports,
): Promise<Place> {
  const { repository, branch } = access;
  const folders = outermost(repository.allowedPaths.map(literalFolder));
  const found = await ports.git.browse(repository, { branch }, async files =>
    searchManifest(files, target, folders.includes('') ? [] : folders),
  );
  if (!found.told)
    throw new PlaceError('PathUnknown', `spec.rollback.git.path must be set, since ${why}, and ${found.why}`);
  const [{ paths, evidence, confidence }] = found.sources;
  return withScope({ ...access, path: paths[0], evidence, confidence }, [], ports);
}

/** The folders of a glob before its first wildcard; of a file's own name, the folder that it is in. */
function literalFolder(glob: string): string {
  const segments = glob.split('/');
  const first = segments.findIndex(segment => /[*?]/u.test(segment));
  return segments.slice(0, first < 0 ? -1 : first).join('/');
}
