import { describe, expect, test } from 'vitest';
import { classify, gitError } from './errors.ts';
import { oneLine, redactor } from './redact.ts';

describe('classify', () => {
  test.each([
    ["fatal: could not read Username for 'https://h': terminal prompts disabled", 'AuthenticationFailed'],
    ["fatal: unable to access 'https://h/x/': The requested URL returned error: 403", 'AuthenticationFailed'],
    [
      'git@h: Permission denied (publickey).\nfatal: Could not read from remote repository.',
      'AuthenticationFailed',
    ],
    ['Host key verification failed.\nfatal: Could not read from remote repository.', 'HostKeyMismatch'],
    ['server certificate verification failed. CAfile: x CRLfile: none', 'CertificateInvalid'],
    ['SSL certificate problem: self-signed certificate', 'CertificateInvalid'],
    ["fatal: repository 'https://h/x/' not found", 'RepositoryMissing'],
    ['The requested URL returned error: 302', 'RepositoryMissing'],
    ["fatal: couldn't find remote ref refs/heads/x", 'BranchMissing'],
    ['fatal: unable to access: Could not resolve host: h', 'Unreachable'],
    ['The requested URL returned error: 503', 'Unreachable'],
    ['The requested URL returned error: 429', 'Unreachable'],
    ['ssh: connect to host h port 22: Connection refused', 'Unreachable'],
    ['fatal: early EOF\nfatal: fetch-pack: invalid index-pack output', 'Unreachable'],
    ['fatal: bad object HEAD', 'GitFailed'],
  ])('%j is %s', (text, code) => {
    expect(classify(text)).toBe(code);
  });
});

test('a message names repository and fix, and masks a secret that lies across the cut', () => {
  const secret = 's3cr3t-token-value';
  const redact = redactor([secret]);
  const detail = `${'x'.repeat(390)}${secret}`;
  const error = gitError('AuthenticationFailed', { repository: 'manifests', detail, redact });
  expect(error.message).toMatch(/^ManifestRepository manifests: .*Secret/u);
  expect(error.message).not.toContain('s3cr');
  expect(error.transient).toBe(false);
  expect(gitError('Unreachable', { repository: 'm' }).transient).toBe(true);
});

test('redaction finds a value plain, encoded, in base64, line by line and in a URL', () => {
  const redact = redactor(['p@ss word', 'line one is long\nline two is long\n']);
  const text = `p@ss word p%40ss%20word ${Buffer.from('p@ss word').toString('base64')} line two is long //u:x@h/`;
  expect(redact(text)).toBe('*** *** *** *** //***@h/');
  expect(redactor([''])('unchanged')).toBe('unchanged');
});

test('oneLine leaves no control character and no line break', () => {
  expect(oneLine('a\u001B[31m\r\nb\u202E c\u0000', 100)).toBe('a [31m b c');
  expect(oneLine('abcdef', 4)).toBe('abc…');
});
