/** The globs of allowed paths: `*` and `?` within one segment, `**` for any number of segments, nothing else. */

/** Whether the file `path` matches one of the globs. */
export function isAllowed(globs: readonly string[], path: string): boolean {
  return globs.some(glob => matchSegments(glob.split('/'), path.split('/'), false));
}

/** Whether a file somewhere below the folder `path` (or `path` itself) could match; '' is the root. */
export function mayHoldAllowed(globs: readonly string[], path: string): boolean {
  const segments = path === '' ? [] : path.split('/');
  return globs.some(glob => matchSegments(glob.split('/'), segments, true));
}

/**
 * Whether the segments match; with `partial` the path may end before the glob does. Works from row to row of a table,
 * so that its time is the product of both lengths whatever an author of globs writes.
 */
function matchSegments(glob: readonly string[], path: readonly string[], partial: boolean): boolean {
  // reached[i]: the first i segments of the glob match what was read of the path.
  let reached = closure(glob, [true, ...glob.map(() => false)]);
  for (const segment of path) {
    const next = [false, ...glob.map(() => false)];
    for (const [i, part] of glob.entries()) {
      if (reached[i] !== true) continue;
      if (part === '**') next[i] = true;
      else if (matchSegment(part, segment)) next[i + 1] = true;
    }
    reached = closure(glob, next);
  }
  return partial ? reached.includes(true) : reached[glob.length] === true;
}

/** `**` also matches no segment at all. */
function closure(glob: readonly string[], reached: boolean[]): boolean[] {
  for (const [i, part] of glob.entries()) if (reached[i] === true && part === '**') reached[i + 1] = true;
  return reached;
}

/** The classic two-pointer match: falls back to the last `*` only, so that it needs no recursion. */
function matchSegment(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let starText = 0;
  while (t < text.length) {
    if (p < pattern.length && pattern[p] === '*') {
      star = p++;
      starText = t;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++starText;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}
