/** The webhook: every way in which hosts prove that they know the secret, and everything else refused. */
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createHooks } from './hooks.ts';

const secret = 'a-secret-of-the-repository';
const body = Buffer.from('{"action":"closed"}');
const hex = createHmac('sha256', secret).update(body).digest('hex');
const wrong = createHmac('sha256', 'another').update(body).digest('hex');

function basic(password: string): string {
  return `Basic ${Buffer.from(`siskin:${password}`).toString('base64')}`;
}

function call(headers: Record<string, string | string[]>, repository = 'manifests', sent = body) {
  const woken: string[] = [];
  const hooks = createHooks({
    secretOf: name => Promise.resolve(name === 'manifests' ? secret : undefined),
    wake(name) {
      woken.push(name);
      return Promise.resolve();
    },
  });
  return hooks({ repository, headers, body: sent }).then(status => ({ status, woken }));
}

describe('wakes the repository', () => {
  it.each<[string, Record<string, string>]>([
    ['GitHub', { 'x-hub-signature-256': `sha256=${hex}` }],
    ['Gitea', { 'x-gitea-signature': hex }],
    ['Forgejo', { 'x-forgejo-signature': hex }],
    ['Bitbucket', { 'x-hub-signature': `sha256=${hex}` }],
    ['GitLab', { 'x-gitlab-token': secret }],
    ['Azure DevOps', { authorization: basic(secret) }],
  ])('for %s', async (_host, headers) => {
    expect(await call(headers)).toEqual({ status: 202, woken: ['manifests'] });
  });
});

describe('refuses', () => {
  it.each<[string, Record<string, string | string[]>]>([
    ['nothing', {}],
    ['a signature by another secret', { 'x-hub-signature-256': `sha256=${wrong}` }],
    ['a signature of another length', { 'x-gitea-signature': hex.slice(1) }],
    ['an empty signature', { 'x-gitea-signature': '', 'x-hub-signature-256': 'sha256=' }],
    ['the hash without its name', { 'x-hub-signature-256': hex }],
    ['an older hash', { 'x-hub-signature': `sha1=${hex}` }],
    ['the secret where a signature belongs', { 'x-gitea-signature': secret }],
    ['another token', { 'x-gitlab-token': `${secret}x` }],
    ['an empty token', { 'x-gitlab-token': '' }],
    ['another password', { authorization: basic('guess') }],
    ['two headers', { 'x-gitea-signature': [hex, hex] }],
  ])('%s', async (_what, headers) => {
    expect(await call(headers)).toEqual({ status: 401, woken: [] });
  });

  it('a signature of another body', async () => {
    expect((await call({ 'x-gitea-signature': hex }, 'manifests', Buffer.from('{}'))).status).toBe(401);
  });

  it('an unknown repository as it refuses a wrong signature', async () => {
    expect(await call({ 'x-gitea-signature': hex }, 'other')).toEqual({ status: 401, woken: [] });
  });
});
