/** Signatures with an OpenPGP key, made in this process: no key ring, no agent and no file. */
import { passphraseOf } from './askpass.ts';
import type { RepositoryAccess } from './port.ts';
import type { SigningTools } from './sign.ts';

/** RFC 9580 detached signature, armored; with a version 4 key one that GnuPG 2.2 verifies. */
export async function signWithOpenPgp(
  commit: Buffer,
  secret: RepositoryAccess['secret'],
  { clock, fail }: SigningTools,
): Promise<string> {
  const armoredKey = secret['git.asc']?.toString();
  if (armoredKey === undefined) throw fail('the Secret of spec.signing has no key git.asc');
  // Loaded only where somebody signs this way: an idle operator keeps the memory.
  const openpgp = await import('openpgp');
  try {
    const locked = await openpgp.readPrivateKey({ armoredKey });
    const passphrase = passphraseOf(secret.passphrase);
    if (!locked.isDecrypted() && passphrase === undefined)
      throw new Error('the key has a passphrase, and the Secret of spec.signing no key passphrase');
    const key = locked.isDecrypted()
      ? locked
      : await openpgp.decryptKey({ privateKey: locked, passphrase: passphrase ?? '' });
    const message = await openpgp.createMessage({ binary: new Uint8Array(commit) });
    const signature = await openpgp.sign({
      message,
      signingKeys: key,
      detached: true,
      format: 'armored',
      date: new Date(clock.now()),
    });
    return String(signature);
  } catch (error) {
    throw fail(error instanceof Error ? error.message : 'unknown error');
  }
}
