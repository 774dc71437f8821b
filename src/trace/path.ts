/** Paths as agents write them: relative, from the root, with dots. */

/** `./apps`, `/apps/` and `apps` are one path to every agent. */
export function plainPath(path: string): string {
  return path
    .split('/')
    .filter(part => part !== '' && part !== '.')
    .join('/');
}

/** `path` as seen from the folder `base`; from the root of the repository where it begins with a slash; undefined where it leads out of it. */
export function resolvePath(base: string, path: string): string | undefined {
  const parts = path.startsWith('/') ? [] : base.split('/').filter(part => part !== '');
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join('/');
}

/** Without the paths that lie within others, in their order. */
export function outermost(paths: readonly string[]): string[] {
  const distinct = [...new Set(paths)];
  return distinct.filter(path => !distinct.some(other => other !== path && isWithin(other, path)));
}

/** Whether `path` is `folder` or lies in it; '' is the root. */
export function isWithin(folder: string, path: string): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`);
}
