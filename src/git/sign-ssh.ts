/** Signatures with an SSH key, made by ssh-keygen: the key is in a file without a name, the passphrase too. */
import { openAskPass, passphraseOf, privateKeyText } from './askpass.ts';
import { nameless } from './nameless.ts';
import type { RepositoryAccess } from './port.ts';
import { runProgram } from './run.ts';
import type { SigningTools } from './sign.ts';

/** A signature of the largest RSA key has some 2 kB. */
const maxSignatureBytes = 64 * 1024;

/** ssh-keygen(1), -Y sign: reads the commit from standard input and writes the armored signature to standard output. */
export async function signWithSsh(
  commit: Buffer,
  secret: RepositoryAccess['secret'],
  { workDir, clock, searchPath, timeoutMs, signal, fail }: SigningTools,
): Promise<string> {
  const { identity } = secret;
  if (identity === undefined) throw fail('the Secret of spec.signing has no key identity');
  const key = await nameless(workDir, privateKeyText(identity));
  try {
    const askPass = await openAskPass(workDir, passphraseOf(secret.passphrase ?? secret.password));
    try {
      const outcome = await runProgram({
        program: 'ssh-keygen',
        args: ['-Y', 'sign', '-q', '-n', 'git', '-f', key.path],
        environment: { PATH: searchPath, HOME: workDir, LC_ALL: 'C', ...askPass.environment },
        input: commit,
        clock,
        timeoutMs,
        maxOutputBytes: maxSignatureBytes,
        ...(signal === undefined ? {} : { signal }),
      });
      if (outcome.kind === 'unstartable') throw fail(`ssh-keygen cannot be started: ${outcome.why}`);
      if (outcome.kind !== 'exited') throw fail(`ssh-keygen was stopped (${outcome.kind})`);
      if (outcome.code !== 0) throw fail(outcome.stderr || `ssh-keygen ended with code ${outcome.code}`);
      return outcome.stdout.toString();
    } finally {
      await askPass.close();
    }
  } finally {
    await key.close();
  }
}
