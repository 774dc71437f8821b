import { expect, test } from 'vitest';
import { matchesOf } from './matches.ts';

test('no match is every path', () => {
  const everything = [{ path: { type: 'PathPrefix', value: '/' } }];
  expect(matchesOf(undefined)).toEqual(everything);
  expect(matchesOf([])).toEqual(everything);
});

test('paths, methods, headers and query parameters are spelled out and sorted', () => {
  const match = [
    { uri: { prefix: '/api' }, method: { exact: 'GET' } },
    { uri: { exact: '/x' }, headers: { b: { regex: 'v.*' }, a: { exact: '1' } } },
    { uri: { regex: '/v[0-9]' }, queryParams: { q: { exact: '' } }, name: 'for people' },
  ];
  expect(matchesOf(match)).toEqual([
    { path: { type: 'PathPrefix', value: '/api' }, method: 'GET' },
    {
      path: { type: 'Exact', value: '/x' },
      headers: [
        { type: 'Exact', name: 'a', value: '1' },
        { type: 'RegularExpression', name: 'b', value: 'v.*' },
      ],
    },
    {
      path: { type: 'RegularExpression', value: '/v[0-9]' },
      queryParams: [{ type: 'Exact', name: 'q', value: '' }],
    },
  ]);
});

test.each([
  [{ headers: { a: { prefix: 'x' } } }, 'spec.service.match.0.headers.a'],
  [{ uri: { suffix: 'x' } }, 'spec.service.match.0.uri'],
  [{ scheme: { exact: 'https' } }, 'spec.service.match.0'],
  [{ method: { regex: 'G.*' } }, 'spec.service.match.0.method'],
])('what the Gateway API cannot express is refused, not left out: %j', (match, field) => {
  expect(() => matchesOf([match])).toThrow(
    expect.objectContaining({ reason: 'RouteUnsupported', message: expect.stringContaining(field) }),
  );
});
