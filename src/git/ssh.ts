/** SSH with the Secret's key and known hosts alone: no agent, no user configuration, no unknown server. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openAskPass, passphraseOf, privateKeyText } from './askpass.ts';
import type { Access } from './credentials.ts';
import { nameless } from './nameless.ts';
import type { RepositoryAccess } from './port.ts';
import type { Redact } from './redact.ts';

/** Key and passphrase are in files without a name until the call ends; `workDir` (mode 0700) gets what is no secret. */
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
  const knownHostsFile = join(workDir, 'known_hosts');
  await writeFile(knownHostsFile, knownHosts, { mode: 0o600 });
  const passphrase = passphraseOf(secret.password);
  const [key, askPass] = await Promise.all([
    nameless(workDir, privateKeyText(identity)),
    openAskPass(workDir, passphrase),
  ]);
  return {
    config: [],
    environment: {
      GIT_SSH_VARIANT: 'ssh',
      // ssh closes what it inherits, hence the path by way of this process.
      GIT_SSH_COMMAND: sshCommand({
        identityFile: key.path,
        knownHostsFile,
        batch: passphrase === undefined,
      }),
      ...askPass.environment,
    },
    redact,
    close: async () => {
      await Promise.all([key.close(), askPass.close()]);
    },
  };
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
