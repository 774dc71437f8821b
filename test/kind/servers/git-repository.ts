/** Creates a bare repository that serves everything which Git hosting services serve, and logs every change of a branch. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

const settings = {
  'http.receivepack': 'true',
  'uploadpack.allowFilter': 'true',
  'uploadpack.allowAnySHA1InWant': 'true',
  // The log of a branch shows whether anybody ever forced a push.
  'core.logAllRefUpdates': 'always',
};

export async function createBareRepository(folder: string): Promise<void> {
  await run('git', ['init', '--quiet', '--bare', '--initial-branch=main', folder]);
  for (const [name, value] of Object.entries(settings))
    await run('git', ['-C', folder, 'config', name, value]);
}
