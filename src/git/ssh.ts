/** SSH with the Secret's key and known hosts alone: no agent, no user configuration, no unknown server. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Access } from './credentials.ts';
import type { RepositoryAccess } from './port.ts';
import type { Redact } from './redact.ts';

/** ssh reads a key only from a named file; it lies in `workDir` (mode 0700) until the call ends. */
export async function openSshAccess(options: {
  readonly secret: RepositoryAccess['secret'];
  readonly workDir: string;
  readonly redact: Redact;
  readonly refuse: (why: string) => Error;
}): Promise<Access> {
  const { secret, workDir, redact, refuse } = options;
  const { identity, known_hosts: knownHosts } = secret;
  if (identity === undefined) throw refuse('needs identity, the private key for SSH');
  if (knownHosts === undefined || knownHosts.toString().trim() === '') {
    throw refuse('needs known_hosts: without it anybody could answer as the Git server');
  }
  const identityFile = join(workDir, 'identity');
  const knownHostsFile = join(workDir, 'known_hosts');
  // ssh calls a key without its final line break invalid.
  await writeFile(identityFile, `${identity.toString().trimEnd()}\n`, { mode: 0o600 });
  await writeFile(knownHostsFile, knownHosts, { mode: 0o600 });

  const passphrase = secret.password?.toString().replace(/\r?\n$/u, '');
  const environment: Record<string, string> = {
    GIT_SSH_VARIANT: 'ssh',
    GIT_SSH_COMMAND: sshCommand({ identityFile, knownHostsFile, batch: passphrase === undefined }),
  };
  if (passphrase !== undefined) {
    const passphraseFile = join(workDir, 'passphrase');
    const askPass = join(workDir, 'askpass');
    await writeFile(passphraseFile, passphrase, { mode: 0o600 });
    await writeFile(askPass, `#!/bin/sh\nexec cat ${quote(passphraseFile)}\n`, { mode: 0o700 });
    environment.SSH_ASKPASS = askPass;
    environment.SSH_ASKPASS_REQUIRE = 'force';
  }
  return { config: [], environment, redact, close: () => Promise.resolve() };
}

/** ssh_config(5). `batch` forbids every question, also the one for the key's passphrase. */
function sshCommand(options: { identityFile: string; knownHostsFile: string; batch: boolean }): string {
  const settings = [
    'IdentitiesOnly=yes',
    'IdentityAgent=none',
    'StrictHostKeyChecking=yes',
    `UserKnownHostsFile=${configQuote(options.knownHostsFile)}`,
    'GlobalKnownHostsFile=/dev/null',
    'UpdateHostKeys=no',
    'VerifyHostKeyDNS=no',
    `BatchMode=${options.batch ? 'yes' : 'no'}`,
    'NumberOfPasswordPrompts=1',
    'PreferredAuthentications=publickey',
    'ForwardAgent=no',
    'ForwardX11=no',
    'ClearAllForwardings=yes',
    'ControlMaster=no',
    'ControlPath=none',
    'PermitLocalCommand=no',
    'CanonicalizeHostname=no',
    'ConnectTimeout=20',
    'ServerAliveInterval=10',
    'ServerAliveCountMax=3',
    'LogLevel=ERROR',
  ];
  const words = ['ssh', '-F', '/dev/null', '-i', options.identityFile, '-T', '-x', '-a'];
  for (const setting of settings) words.push('-o', setting);
  return words.map(quote).join(' ');
}

/** git gives GIT_SSH_COMMAND to a shell. */
function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** ssh splits the value of UserKnownHostsFile at blanks and expands percent signs. */
function configQuote(path: string): string {
  return `"${path.replaceAll('%', '%%')}"`;
}
