/** Files of a commit over HTTPS: all blobs that are missing come in one request, and a second look asks for none. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createGitRepository } from '../../src/git/repository.ts';
import { accessTo, realClock, temporaryFolder } from './git-fixture.ts';
import { type GitRequest, startGitServer } from './git-server.ts';

test('a hundred files take one fetch, and none when they are read again', async () => {
  using folder = temporaryFolder();
  await using server = await startGitServer(folder.path);
  const files = Object.fromEntries(
    Array.from({ length: 100 }, (_, index) => [`apps/a${index}/d.yaml`, `image: v${index}\n`]),
  );
  const commit = server.repository.commit(files);
  server.repository.commit({ 'apps/a0/d.yaml': 'image: newer\n' });
  const seen: GitRequest[] = [];
  server.onRequest = kind => {
    seen.push(kind);
    return undefined;
  };
  const secret = {
    username: Buffer.from(server.username),
    password: Buffer.from(server.password),
    'ca.crt': server.ca,
  };
  const repository = createGitRepository({ cacheDir: join(folder.path, 'cache'), clock: realClock });
  const read = () =>
    repository.browse(accessTo(server.url, { secret }), { branch: 'main', commit }, async found => {
      const before = seen.length;
      const texts = Object.fromEntries(await found.read(Object.keys(files)));
      return { texts, requests: seen.length - before };
    });
  const first = await read();
  expect(first.texts).toEqual(files);
  // What is on offer, and the pack with all of it.
  expect(first.requests).toBeLessThanOrEqual(2);
  expect(await read()).toEqual({ texts: files, requests: 0 });
});
