/** Who imports whom under src/, and the rules which keep imports pointing one way. */
import { posix } from 'node:path';

export interface Import {
  /** File that imports, relative to the root. */
  readonly from: string;
  /** File relative to the root, or a package's name as written. */
  readonly to: string;
  /** Erased before running: `import type`, `export type`. */
  readonly typeOnly: boolean;
}

const statement =
  /^(?:import|export)\s+(?<type>type\s+)?(?:[\w*{][^'";]*?\sfrom\s+)?'(?<static>[^']+)'|\bimport\(\s*'(?<dynamic>[^']+)'/gmu;

/** The imports of a TypeScript file; comments and strings that look like a statement at a line's start count too. */
export function importsOf(path: string, text: string): Import[] {
  return [...text.matchAll(statement)].map(({ groups }) => {
    const specifier = groups?.static ?? groups?.dynamic ?? '';
    const to = specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : specifier;
    return { from: path, to, typeOnly: groups?.type !== undefined };
  });
}

/** The folder under src/, `main` for files right under it; undefined for packages. */
function roomOf(path: string): string | undefined {
  const [src, room, file] = path.split('/');
  return src === 'src' ? (file === undefined ? 'main' : room) : undefined;
}

const adapters = new Set(['workload', 'traffic', 'metrics', 'notify', 'git', 'trace', 'forge', 'webhook']);
const outer = new Set(['controller', 'server', 'cli', 'main']);
/** Node's own are those which only compute. */
const corePackages = new Set(['xstate', 'node:crypto', 'node:util']);

/** Why this import may not be, or undefined. Tests and the generators beside the sources are not asked. */
export function violation({ from, to, typeOnly }: Import): string | undefined {
  const room = roomOf(from) ?? '';
  const target = roomOf(to);
  if (target === room) {
    return undefined;
  }
  const isPort = typeOnly && to.endsWith('/port.ts');
  if (target === 'main') {
    // The command line is put together beside the operator, out of parts that both share.
    return room === 'cli' && !to.endsWith('/main.ts') ? undefined : 'nobody imports the composition root';
  }
  if (target === 'cli') {
    return 'nobody imports the composition root';
  }
  if (room === 'core') {
    const isPackage = target === undefined && (corePackages.has(to) || (typeOnly && to === 'zod'));
    return isPackage || target === 'api' || isPort
      ? undefined
      : 'core is pure: xstate, zod types and src/api only';
  }
  if (room === 'api') {
    return target === undefined || typeOnly ? undefined : 'api imports no room but types';
  }
  if (room === 'runtime' || room === 'http') {
    const known = target === undefined || target === 'http' || target === 'runtime';
    return known || isPort ? undefined : `${room} knows nothing of canaries`;
  }
  if (adapters.has(room)) {
    if (target !== undefined && outer.has(target)) {
      return 'adapters never import what drives them';
    }
    return target !== undefined && adapters.has(target) && !isPort
      ? 'adapters never import each other'
      : undefined;
  }
  return room === 'controller' && target !== undefined && outer.has(target)
    ? 'the controller knows neither server nor command line'
    : undefined;
}
