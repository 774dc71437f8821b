/** Flags and environment. */
import { describe, expect, it } from 'vitest';
import { readConfig } from './config.ts';

function run(args: string[], env: Record<string, string> = {}) {
  const read = readConfig(args, env);
  if (read.kind !== 'run') throw new Error(JSON.stringify(read));
  return read.config;
}

describe('readConfig', () => {
  it('has a default for everything', () => {
    expect(run([])).toMatchObject({
      'leader-elect': true,
      port: 8080,
      namespaces: [],
      workers: 64,
      provider: 'gatewayapi:v1',
    });
  });
  it('takes the environment, and flags before it', () => {
    const env = {
      SISKIN_PORT: '9000',
      SISKIN_LOG_LEVEL: 'debug',
      POD_NAME: 'siskin-0',
      POD_NAMESPACE: 'ops',
    };
    expect(run(['--port', '9001'], env)).toMatchObject({
      port: 9001,
      'log-level': 'debug',
      identity: 'siskin-0',
      'operator-namespace': 'ops',
    });
    expect(run(['--no-leader-elect'])['leader-elect']).toBe(false);
    expect(run([], { SISKIN_LEADER_ELECT: 'false' })['leader-elect']).toBe(false);
  });
  it('does not take what Kubernetes tells of a Service named siskin for the port', () => {
    expect(run([], { SISKIN_PORT: 'tcp://10.96.0.10:8080' }).port).toBe(8080);
  });
  it('splits lists', () => {
    expect(run(['--namespaces', 'a, b,']).namespaces).toEqual(['a', 'b']);
  });
  it.each([
    [['--port', 'x'], '--port'],
    [['--log-level', 'loud'], '--log-level'],
    [['--metrics-server', 'prometheus:9090'], '--metrics-server'],
    [['--renew-seconds', '20'], '--renew-seconds'],
    [['--selector-labels', ''], '--selector-labels'],
    [['--nonsense'], '--nonsense'],
  ])('refuses %j and names the flag', (args, flag) => {
    const read = readConfig(args, {});
    expect(read).toMatchObject({ kind: 'error' });
    expect(read.kind === 'error' && read.text).toContain(flag);
  });
  it('explains every flag', () => {
    const read = readConfig(['--help'], {});
    expect(read.kind === 'help' && read.text).toContain('--breaker-limit');
    expect(readConfig(['--version'], {})).toEqual({ kind: 'version' });
  });
});
