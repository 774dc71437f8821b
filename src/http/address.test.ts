import { describe, expect, it } from 'vitest';
import { type AddressPolicy, createAddressGuard, parseHttpUrl } from './address.ts';

function verdictOf(url: string, policy: AddressPolicy = {}): 'allowed' | 'refused' {
  try {
    createAddressGuard(policy).checkHost(parseHttpUrl(url).hostname);
    return 'allowed';
  } catch {
    return 'refused';
  }
}

function connect(host: string, ips: readonly string[], policy: AddressPolicy = {}): string {
  const addresses = ips.map(address => ({ address, family: address.includes(':') ? 6 : 4 }));
  let outcome = 'no answer';
  createAddressGuard(policy, (_, done) => done(null, addresses)).lookup(host, { all: true }, error => {
    outcome = error === null ? 'allowed' : 'refused';
  });
  return outcome;
}

describe('addresses that tenants name', () => {
  it("refuses the API server's address under whatever name, unless it is opened", () => {
    const refuse = ['10.96.0.1', 'api.example.com'];
    expect(verdictOf('https://10.96.0.1/', { refuse })).toBe('refused');
    expect(verdictOf('https://api.example.com/', { refuse })).toBe('refused');
    expect(connect('innocent.example.com', ['10.96.0.1'], { refuse })).toBe('refused');
    expect(connect('innocent.example.com', ['10.96.0.1'], { refuse, allow: ['10.96.0.1'] })).toBe('allowed');
  });

  it.each([
    'http://127.0.0.1:9090',
    'http://127.1',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0177.0.0.1/',
    'http://0/',
    'http://[::1]/',
    'http://[::]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:a9fe:a9fe]/',
    'http://[64:ff9b::169.254.169.254]/',
    'http://[2002:a9fe:a9fe::]/',
    'http://[fe80::1]/',
    'http://[fd00:ec2::254]/',
    'http://169.254.169.254/latest/meta-data',
    'http://100.100.100.200/',
    'http://255.255.255.255/',
    'http://localhost:9090/',
    'http://LOCALHOST./',
    'http://a.localhost/',
    'http://metadata.google.internal/',
    'http://metadata.google.internal./',
    'https://kubernetes.default.svc/api',
    'https://user:password@prometheus.example/',
    'ftp://prometheus.example/',
    'file:///etc/passwd',
    'prometheus.example:9090',
    '',
  ])('refuses %s', url => expect(verdictOf(url)).toBe('refused'));

  it.each([
    'http://prometheus.monitoring:9090',
    'https://thanos.example.com/prefix',
    'http://10.96.0.20:9090',
    'http://[fd00::20]:9090',
  ])('allows %s', url => expect(verdictOf(url)).toBe('allowed'));

  it('refuses a name as soon as one of its addresses is refused', () => {
    expect(connect('prometheus.example', ['10.0.0.1', 'fd00::1'])).toBe('allowed');
    expect(connect('prometheus.example', ['10.0.0.1', '127.0.0.1'])).toBe('refused');
    expect(connect('prometheus.example', ['::ffff:169.254.169.254'])).toBe('refused');
    expect(connect('localhost.', ['10.0.0.1'])).toBe('refused');
  });

  it('fails a lookup that finds nothing', () => {
    expect(connect('prometheus.example', [])).toBe('refused');
  });

  it('opens what the policy allows and closes what it denies, deny first', () => {
    expect(verdictOf('http://127.0.0.1:9090', { allow: ['127.0.0.0/8'] })).toBe('allowed');
    expect(verdictOf('http://[::1]:9090', { allow: ['::1'] })).toBe('allowed');
    expect(verdictOf('http://169.254.169.254', { allow: ['127.0.0.0/8'] })).toBe('refused');
    expect(connect('localhost', ['127.0.0.1', '::1'], { allow: ['localhost'] })).toBe('allowed');
    expect(connect('prometheus.example', ['10.0.0.1'], { deny: ['10.0.0.0/8'] })).toBe('refused');
    expect(connect('db.corp.example', ['10.0.0.1'], { deny: ['*.corp.example'] })).toBe('refused');
    expect(connect('x.example', ['127.0.0.1'], { allow: ['127.0.0.1'], deny: ['127.0.0.1'] })).toBe(
      'refused',
    );
  });

  it('refuses a policy entry that it cannot understand', () => {
    expect(() => createAddressGuard({ allow: ['http://prometheus'] })).toThrow(/neither a host name/);
  });

  it('does not repeat credentials of a refused address', () => {
    expect(() => parseHttpUrl('http://admin:hunter2@host/')).toThrow(/^(?!.*hunter2)/);
  });
});
