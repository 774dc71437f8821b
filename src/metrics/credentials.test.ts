import { describe, expect, it } from 'vitest';
import { createRedactor } from '../runtime/redact.ts';
import { createCredentialsReader } from './credentials.ts';

type Data = Readonly<Record<string, string>> | undefined | Error;

function setup(first: Data) {
  const state = { data: first, reads: 0, now: 1_000_000 };
  const redactor = createRedactor();
  const read = createCredentialsReader({
    redactor,
    now: () => state.now,
    readSecret: () => {
      state.reads += 1;
      const { data } = state;
      if (data instanceof Error) return Promise.reject(data);
      if (data === undefined) return Promise.resolve(undefined);
      return Promise.resolve(
        Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value)])),
      );
    },
  });
  return { state, redactor, read: () => read('shop', 'prom') };
}

describe('credentials', () => {
  it.each([
    [{ token: 't0ken-1\n' }, { authorization: 'Bearer t0ken-1' }],
    [
      { username: 'u', password: 'p:w' },
      { authorization: `Basic ${Buffer.from('u:p:w').toString('base64')}` },
    ],
    [
      { token: 't', username: 'u', password: 'p', 'ca.crt': 'PEM' },
      { authorization: 'Bearer t', ca: 'PEM' },
    ],
    [{ caFile: 'PEM' }, { ca: 'PEM' }],
  ])('reads %j', async (data, expected) => {
    await expect(setup(data).read()).resolves.toEqual(expected);
  });

  it.each([
    [undefined, 'Secret shop/prom does not exist'],
    [{}, /needs the key token/],
    [{ username: 'u' }, /needs the key token/],
    [{ username: 'u', 'ca.crt': 'PEM' }, /needs the key token/],
    [
      new Error('secrets "prom" is\nforbidden'),
      'Secret shop/prom cannot be read: secrets "prom" is forbidden',
    ],
  ])('explains %j', async (data, message) => {
    await expect(setup(data).read()).rejects.toThrow(message);
  });

  it('follows a rotated Secret after a short while, and a clock that was set back at once', async () => {
    const { state, read } = setup({ token: 'old' });
    await read();
    state.data = { token: 'new' };
    await expect(read()).resolves.toEqual({ authorization: 'Bearer old' });
    expect(state.reads).toBe(1);
    state.now -= 3_600_000;
    await expect(read()).resolves.toEqual({ authorization: 'Bearer new' });
    state.data = { token: 'newer' };
    state.now += 5_000;
    await expect(read()).resolves.toEqual({ authorization: 'Bearer newer' });
  });

  it('does not remember failures, and tells the redactor what to hide', async () => {
    const { state, redactor, read } = setup(undefined);
    await expect(read()).rejects.toThrow();
    state.data = { username: 'someone', password: 'hunter2' };
    await read();
    expect(redactor.redact(`hunter2 ${Buffer.from('someone:hunter2').toString('base64')}`)).toBe('*** ***');
  });
});
