import { expect, test } from 'vitest';
import { namesOf, partsOf, withParts } from './filters.ts';

const rules = {
  headers: { request: { add: { b: '2', a: '1' }, remove: ['x'] }, response: { set: { c: '3' } } },
  rewrite: { uri: '/v2', authority: 'api.example.com' },
  timeout: '15s',
  backendTimeout: '5s',
};

test('filters come in a fixed order with sorted names', () => {
  expect(partsOf(rules)).toEqual({
    filters: [
      {
        type: 'RequestHeaderModifier',
        requestHeaderModifier: {
          add: [
            { name: 'a', value: '1' },
            { name: 'b', value: '2' },
          ],
          remove: ['x'],
        },
      },
      { type: 'ResponseHeaderModifier', responseHeaderModifier: { set: [{ name: 'c', value: '3' }] } },
      {
        type: 'URLRewrite',
        urlRewrite: {
          hostname: 'api.example.com',
          path: { type: 'ReplaceFullPath', replaceFullPath: '/v2' },
        },
      },
    ],
    timeouts: { request: '15s', backendRequest: '5s' },
  });
  expect(partsOf({ rewrite: { uri: '/', type: 'ReplacePrefixMatch' } }).filters).toEqual([
    { type: 'URLRewrite', urlRewrite: { path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/' } } },
  ]);
  expect(partsOf({ headers: { request: {} }, rewrite: {} })).toEqual({ filters: [], timeouts: {} });
});

test('parts of others stay, parts that we wrote and no longer want go', () => {
  const extension = {
    type: 'ExtensionRef',
    extensionRef: { group: 'traefik.io', kind: 'Middleware', name: 'm' },
  };
  const live = {
    name: 'web',
    filters: [
      extension,
      { type: 'URLRewrite', urlRewrite: {} },
      { type: 'RequestMirror', requestMirror: {} },
    ],
    timeouts: { request: '9s', backendRequest: '3s' },
  };
  const parts = partsOf({ timeout: '1s' });
  expect(namesOf(parts)).toEqual(['timeouts.request']);
  expect(withParts(live, parts, ['URLRewrite'])).toEqual({
    name: 'web',
    filters: [extension, { type: 'RequestMirror', requestMirror: {} }],
    timeouts: { request: '1s', backendRequest: '3s' },
  });
  const ours = { filters: [{ type: 'URLRewrite' }], timeouts: { request: '1s' } };
  expect(withParts(ours, partsOf({}), ['URLRewrite', 'timeouts.request'])).toEqual({});
});
