/** Files without a name: what a Secret holds can be read by a program while a call lasts, and nothing is left on disk. */
import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';

export interface NamelessFile {
  readonly fd: number;
  /** Opens the content afresh in any process of this user while the file is open here (proc(5), /proc/pid/fd). */
  readonly path: string;
  close(): Promise<void>;
}

/** The file loses its name before it holds anything, so that a process killed at any moment leaves no secret behind. */
export async function nameless(folder: string, content: string | Buffer): Promise<NamelessFile> {
  const name = join(folder, randomUUID());
  const handle = await open(name, 'wx+', 0o600);
  try {
    await rm(name);
    await handle.writeFile(content);
  } catch (error) {
    await handle.close();
    throw error;
  }
  return asFile(handle);
}

function asFile(handle: FileHandle): NamelessFile {
  return {
    fd: handle.fd,
    path: `/proc/${process.pid}/fd/${handle.fd}`,
    close: () => handle.close(),
  };
}
