/** Reads small files of one commit: their blobs are fetched together, since the mirror left them out. */
import { loadBlobs } from './blobs.ts';
import type { Git } from './git.ts';
import type { CommitFiles } from './port.ts';
import { InvalidInput, validPath } from './validate.ts';

/** One look asks for no more; what is beyond is as if it were not there. */
const mostFiles = 512;
const mostBytes = 1024 * 1024;

interface Listed {
  readonly mode: string;
  readonly type: string;
  readonly object: string;
  readonly path: string;
}

/** Links and submodules are left out: they lead elsewhere. `timeoutMs` is for one fetch. */
export function commitFiles(git: Git, commit: string, timeoutMs: number): CommitFiles {
  async function entries(paths: readonly string[]): Promise<Listed[]> {
    const plain = paths.slice(0, mostFiles).filter(isPlain);
    if (plain.length === 0) return [];
    // With -t a folder is listed also where something in it is asked for.
    const listed = await git(['ls-tree', '-t', '-z', '--full-tree', commit, '--', ...plain]);
    const wanted = new Set(plain);
    return parseListed(listed.text).filter(({ path }) => wanted.has(path));
  }

  async function read(found: readonly Listed[]): Promise<Map<string, string>> {
    const objects = [...new Set(found.map(({ object }) => object))];
    await loadBlobs(git, objects, timeoutMs);
    const contents = await contentsOf(git, objects);
    return new Map(
      found.flatMap(({ path, object }) => {
        const content = contents.get(object);
        return content === undefined ? [] : [[path, content] as const];
      }),
    );
  }

  return {
    commit,
    async kindsOf(paths) {
      const kinds = (await entries(paths)).filter(entry => isFile(entry) || entry.type === 'tree');
      return new Map(kinds.map(({ path, type }) => [path, type === 'tree' ? 'folder' : 'file'] as const));
    },
    async read(paths) {
      return read((await entries(paths)).filter(isFile));
    },
    async list(folders) {
      const plain = folders.slice(0, mostFiles).filter(isPlain);
      const listed = await git(['ls-tree', '-r', '-z', '--full-tree', commit, '--', ...plain]);
      return parseListed(listed.text)
        .filter(isFile)
        .map(({ path }) => path);
    },
  };
}

function isPlain(path: string): boolean {
  try {
    return path !== '' && validPath(path) === path;
  } catch (error) {
    if (error instanceof InvalidInput) return false;
    throw error;
  }
}

function isFile({ mode }: Listed): boolean {
  return mode === '100644' || mode === '100755';
}

function parseListed(output: string): Listed[] {
  return output.split('\0').flatMap(line => {
    const [, mode, type, object, path] = /^(\d{6}) (\w+) ([0-9a-f]+)\t(.*)$/su.exec(line) ?? [];
    if (mode === undefined || type === undefined || object === undefined || path === undefined) return [];
    return [{ mode, type, object, path }];
  });
}

/** Text of the blobs, without those that are too large or no UTF-8. */
async function contentsOf(git: Git, objects: readonly string[]): Promise<Map<string, string>> {
  const contents = new Map<string, string>();
  if (objects.length === 0) return contents;
  const sizes = await git(['cat-file', '--batch-check=%(objecttype) %(objectsize)'], {
    input: `${objects.join('\n')}\n`,
  });
  const small = objects.filter((_, index) => {
    const [type, size] = (sizes.text.split('\n')[index] ?? '').split(' ');
    return type === 'blob' && Number(size) <= mostBytes;
  });
  const { stdout } = await git(['cat-file', '--batch=%(objectsize)'], { input: `${small.join('\n')}\n` });
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let at = 0;
  for (const object of small) {
    const end = stdout.indexOf(0x0a, at);
    const size = Number(stdout.subarray(at, end).toString());
    const content = stdout.subarray(end + 1, end + 1 + size);
    at = end + 1 + size + 1;
    try {
      contents.set(object, decoder.decode(content));
    } catch {
      // Something that is no text; no manifest is.
    }
  }
  return contents;
}
