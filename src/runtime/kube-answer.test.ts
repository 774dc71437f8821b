import { describe, expect, it } from 'vitest';
import { ApiError } from './errors.ts';
import { apiErrorOf, deliverLine, linesOf, pageOf } from './kube-answer.ts';
import type { Resource } from './port.ts';

const Deployments: Resource = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  namespaced: true,
};

async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text, 'latin1');
}

async function collect(lines: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const line of lines) all.push(line);
  return all;
}

function retryAfter(header: string | undefined, text = ''): number | undefined {
  return apiErrorOf('w', { status: 429, retryAfter: header, text }).retryAfterMs;
}

describe('linesOf', () => {
  it('joins lines across chunks, also in the middle of a character, and skips blank ones', async () => {
    const euro = Buffer.from('€').toString('latin1');
    const lines = await collect(linesOf(chunks('a', 'b\n\nc', euro.slice(0, 1), `${euro.slice(1)}\n`), 10));
    expect(lines).toEqual(['ab', 'c€']);
  });

  it('refuses an endless line and a stream that ends within one', async () => {
    await expect(collect(linesOf(chunks('12345', '67890', '1'), 10))).rejects.toThrow('longer than');
    await expect(collect(linesOf(chunks('ok\n', 'half'), 10))).rejects.toThrow('within an event');
  });
});

describe('deliverLine', () => {
  const seen: string[] = [];
  const handler = {
    opened: () => undefined,
    event: (type: string, object: { kind?: string; metadata: { name: string } }) =>
      void seen.push(`${type} ${object.kind} ${object.metadata.name}`),
    bookmark: (version: string | undefined) => void seen.push(`BOOKMARK ${version}`),
  };

  it('delivers events with their kind, and bookmarks', () => {
    deliverLine('w', Deployments, '{"type":"ADDED","object":{"metadata":{"name":"a"}}}', handler);
    deliverLine(
      'w',
      Deployments,
      '{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"7"}}}',
      handler,
    );
    expect(seen).toEqual(['ADDED Deployment a', 'BOOKMARK 7']);
  });

  it.each([
    'null',
    '[]',
    '{"type":"ADDED"}',
    '{"type":"NEW","object":{"metadata":{"name":"a"}}}',
    '{"type":"ADDED","object":{"metadata":{}}}',
    '{"type":"ADDED","object":{"metadata":null}}',
    '{"type":"ADDED","obj',
  ])('refuses %s', line => {
    expect(() => deliverLine('w', Deployments, line, handler)).toThrow('w: ');
  });

  it('throws an ERROR event as the ApiError that it carries', () => {
    const line = '{"type":"ERROR","object":{"code":410,"reason":"Expired","message":"too old"}}';
    expect(() => deliverLine('w', Deployments, line, handler)).toThrow(ApiError);
    expect(() => deliverLine('w', Deployments, line, handler)).toThrow('410 Expired');
  });
});

describe('pageOf', () => {
  it('reads null items as none and an empty continue as the end', () => {
    expect(pageOf('l', { metadata: { resourceVersion: '5', continue: '' }, items: null })).toEqual({
      items: [],
      resourceVersion: '5',
      next: undefined,
    });
  });

  it.each([null, {}, { metadata: {}, items: [] }, { metadata: { resourceVersion: '1' }, items: {} }])(
    'refuses %j',
    value => {
      expect(() => pageOf('l', value)).toThrow('l: ');
    },
  );
});

describe('apiErrorOf', () => {
  it('reads Retry-After from the header, as seconds or date, or from the Status', () => {
    const date = new Date(Date.now() + 86_400_000).toUTCString();
    const status = JSON.stringify({ message: 'm', details: { retryAfterSeconds: 2 } });
    expect(retryAfter('3')).toBe(3_000);
    expect(retryAfter(date)).toBe(300_000);
    expect(retryAfter('soon')).toBeUndefined();
    expect(retryAfter(undefined, status)).toBe(2_000);
  });
});
