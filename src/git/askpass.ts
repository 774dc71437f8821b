/** The program that ssh and ssh-keygen ask for a key's passphrase: it reads it from a file that has no name. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type NamelessFile, nameless } from './nameless.ts';

export interface AskPass {
  /** Environment of a program of OpenSSH (ssh(1), SSH_ASKPASS). */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Without a passphrase nothing is asked, and a locked key is an error. The script lies in `workDir` and holds no secret. */
export async function openAskPass(workDir: string, passphrase: string | undefined): Promise<AskPass> {
  if (passphrase === undefined) {
    return { environment: { SSH_ASKPASS_REQUIRE: 'never' }, close: () => Promise.resolve() };
  }
  const secret: NamelessFile = await nameless(workDir, passphrase);
  const program = join(workDir, 'askpass');
  // The program gets no open files of ours, hence the path by way of this process.
  await writeFile(program, `#!/bin/sh\nexec cat ${secret.path}\n`, { mode: 0o700 });
  return {
    environment: { SSH_ASKPASS: program, SSH_ASKPASS_REQUIRE: 'force' },
    close: () => secret.close(),
  };
}

/** Editors and `kubectl create secret --from-file` leave a line break at the end. */
export function passphraseOf(value: Buffer | undefined): string | undefined {
  return value?.toString().replace(/\r?\n$/u, '');
}

/** ssh calls a key without its final line break invalid. */
export function privateKeyText(key: Buffer): string {
  return `${key.toString().trimEnd()}\n`;
}
