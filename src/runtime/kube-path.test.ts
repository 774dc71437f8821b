import { describe, expect, it } from 'vitest';
import { compareVersions, pathOf, withQuery } from './kube-path.ts';
import type { Resource } from './port.ts';

const Pods: Resource = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };
const Nodes: Resource = { group: '', version: 'v1', kind: 'Node', plural: 'nodes', namespaced: false };

describe('paths', () => {
  it('address collections, objects and subresources of core and named groups', () => {
    expect(pathOf(Pods, {})).toBe('/api/v1/pods');
    expect(pathOf(Pods, { namespace: 'a', name: 'b', subresource: 'status' })).toBe(
      '/api/v1/namespaces/a/pods/b/status',
    );
    expect(pathOf(Nodes, { namespace: 'ignored', name: 'n' })).toBe('/api/v1/nodes/n');
    expect(pathOf({ ...Pods, group: 'x.y' }, { namespace: 'a' })).toBe('/apis/x.y/v1/namespaces/a/pods');
  });

  it('escape what queries may not hold and leave out what is not given', () => {
    expect(withQuery('/p', { a: 'x=y&z', b: undefined, c: '', d: true })).toBe('/p?a=x%3Dy%26z&d=true');
  });
});

describe('compareVersions', () => {
  it('orders by number at any length, and knows when it cannot', () => {
    expect(compareVersions('9', '10')).toBeLessThan(0);
    expect(compareVersions('90071992547409931', '90071992547409930')).toBeGreaterThan(0);
    expect(compareVersions('5', '5')).toBe(0);
    expect(compareVersions('a', '5')).toBeUndefined();
    expect(compareVersions(undefined, '5')).toBeUndefined();
    expect(compareVersions(undefined, undefined)).toBeUndefined();
  });
});
