/** How two lists of images read as one release. */
import { expect, it } from 'vitest';
import { versionChange } from './versions.ts';

it.each([
  [['ghcr.io/acme/podinfo:6.1.0'], ['ghcr.io/acme/podinfo:6.2.0'], ['podinfo 6.1.0 → 6.2.0']],
  [['host:5000/podinfo'], ['host:5000/podinfo:2'], ['podinfo latest → 2']],
  [['a/app:1', 'b/proxy:7'], ['b/proxy:7', 'a/app:2'], ['app 1 → 2']],
  [['a/app:1'], ['b/app:1'], ['a/app:1 → b/app:1']],
  [[], ['a/app:1'], ['app 1']],
  [['a/app:1', 'a/old:1'], ['a/app:1'], ['old 1 removed']],
  [['a/app:1'], ['a/app:1'], ['app 1 (unchanged)']],
  [
    [`a/app:1@sha256:${'a'.repeat(64)}`],
    [`a/app:1@sha256:${'b'.repeat(64)}`],
    ['app 1@sha256:aaaaaaaaaaaa → 1@sha256:bbbbbbbbbbbb'],
  ],
  [[], [], []],
])('%j → %j', (before, after, expected) => {
  expect(versionChange(before, after)).toEqual(expected);
});
