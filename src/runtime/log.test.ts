import { AxiosError, AxiosHeaders } from 'axios';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createLogger } from './log.ts';
import { createRedactor } from './redact.ts';

function recorded(level: 'debug' | 'info' = 'debug') {
  const lines: string[] = [];
  const redactor = createRedactor();
  const log = createLogger({ level, redactor, destination: { write: line => void lines.push(line) } });
  function last(): Record<string, unknown> {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(lines.at(-1) ?? '{}'));
  }
  return { lines, log, redactor, last };
}

describe('the log', () => {
  it('writes one JSON object per line with level, time, message and the fields of its parents', () => {
    const { log, last } = recorded();
    log.child({ canary: 'shop/podinfo' }).info({ weight: 10 }, 'weight changed');
    expect(last()).toMatchObject({
      level: 'info',
      msg: 'weight changed',
      canary: 'shop/podinfo',
      weight: 10,
    });
    expect(last()).toHaveProperty('time');
    expect(last()).not.toHaveProperty('pid');
  });

  it('leaves out what is below its level', () => {
    const { log, lines } = recorded('info');
    log.debug({}, 'noise');
    expect(lines).toEqual([]);
  });

  it('tells of an axios error neither headers nor body nor URL credentials, at any depth', () => {
    const { log, lines } = recorded();
    const headers = new AxiosHeaders({ Authorization: 'Bearer header-token-1' });
    const config = { url: 'https://u:url-password@host/', headers, data: 'body-secret-1' };
    const error = new AxiosError('failed at https://u:url-password@host/', 'ERR_BAD', config);
    log.error({ err: error, error, nested: { list: [error] } }, 'call failed');
    log.error({ err: new Error('outer', { cause: error }) }, 'call failed');
    const text = lines.join('');
    expect(text).not.toMatch(/header-token-1|body-secret-1|url-password/);
    expect(text).toContain('ERR_BAD');
    expect(text).toContain('"cause"');
  });

  it('replaces hidden values wherever and however they are spelled', () => {
    const { log, lines, redactor } = recorded();
    const secret = 'p@ss word/"quoted"\nline';
    redactor.hide([secret, 'ab']);
    const spellings = [
      secret,
      encodeURIComponent(secret),
      Buffer.from(secret).toString('base64'),
      JSON.stringify(secret),
    ];
    for (const spelling of spellings) log.info({ [spelling]: spelling, in: [{ a: spelling }] }, spelling);
    for (const line of lines) {
      expect(line).not.toContain('quoted');
      expect(line).toContain('***');
    }
    log.info({}, 'about');
    expect(lines.at(-1)).toContain('about');
  });

  it('cuts a long field only after hiding, so that no half secret stays at the edge', () => {
    const { log, last, redactor } = recorded();
    redactor.hide(['0123456789abcdef']);
    log.info({ field: `${'x'.repeat(2_040)}0123456789abcdef` }, 'm');
    expect(last()['field']).toBe(`${'x'.repeat(2_040)}***`);
    log.info({ field: 'y'.repeat(5_000) }, 'm');
    expect(String(last()['field'])).toHaveLength(2_049);
  });

  it('escapes control characters of remote texts', () => {
    const { log, last, lines } = recorded();
    log.warn({ note: 'a\u001b[2Jb\u202ec\nd\u009be' }, 'm\u0007');
    expect(last()['note']).toBe('a\\u001b[2Jb\\u202ec\\u000ad\\u009be');
    expect(last()['msg']).toBe('m\\u0007');
    expect(lines).toHaveLength(1);
  });

  it('survives what cannot be shown: cycles, big integers, buffers, thrown non-errors', () => {
    const { log, last } = recorded();
    const cycle: Record<string, unknown> = {
      n: 1n,
      bytes: Buffer.from('secret'),
      when: new Date(Number.NaN),
    };
    cycle['self'] = cycle;
    log.error({ cycle, err: new Error('x', { cause: { password: 'hunter2' } }) }, 'm');
    expect(JSON.stringify(last())).not.toContain('hunter2');
    expect(last()['cycle']).toMatchObject({ n: '1', bytes: '6 bytes', when: 'Invalid Date' });
  });
});
