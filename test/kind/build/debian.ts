/** Installs the Debian packages that a step needs and the machine lacks. */
import { step } from '../lib/progress.ts';
import { type RunResult, run } from '../lib/run.ts';

async function isInstalled(name: string): Promise<boolean> {
  const { stdout } = await run('dpkg-query', ['-W', '-f', '${db:Status-Status}', name], { okCodes: [1] });
  return stdout === 'installed';
}

function apt(args: string[]): Promise<RunResult> {
  return run('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=120', ...args], {
    env: { DEBIAN_FRONTEND: 'noninteractive' },
    timeoutMs: 10 * 60_000,
  });
}

export async function ensureDebianPackages(names: string[]): Promise<void> {
  const installed = await Promise.all(names.map(isInstalled)).catch(() => {
    throw new Error(`without Docker the fixture needs Debian (dpkg) for these packages: ${names.join(' ')}`);
  });
  const missing = names.filter((_, index) => installed[index] === false);
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0)
    throw new Error(`not root, so these packages cannot be installed: ${missing.join(' ')}`);
  const install = ['install', '-y', '--no-install-recommends', ...missing];
  await step(
    `installing Debian packages ${missing.join(' ')}`,
    async () => {
      // A fresh machine has no package lists, an old one has lists of versions which are gone.
      await apt(install).catch(async () => {
        await apt(['update']);
        await apt(install);
      });
    },
    'once',
  );
}
