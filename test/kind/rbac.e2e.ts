/** Least rights, proven: after everything else has run, what the operator used is what `deploy/` grants it. */
import { beforeAll, expect, it } from 'vitest';
import { grantedRights, type Usage, usedRights } from './e2e/rights.ts';
import { kubectl, operatorNamespace } from './fixture.ts';

/** Granted, but not to be seen in every audit log; each with the reason why it is needed all the same. */
const reasons: Readonly<Record<string, string>> = {
  [`create coordination.k8s.io/leases in ${operatorNamespace}`]:
    'once in the life of a cluster: the Lease stays',
  'create services':
    'applying a Service that is not there yet needs it, and the audit log calls that a patch',
  'list pods':
    'where a promotion writes a digest; images that were loaded into the nodes have none of a registry',
  'get siskin.dev/canaries': 'after two writers met (409): the newest version is read before the next try',
  'get apps/deployments': 'after a creation found that the object exists: the cache was behind',
  'get gateway.networking.k8s.io/httproutes':
    'after a creation found that the object exists: the cache was behind',
  'get helm.toolkit.fluxcd.io/helmreleases': 'only where Flux installs Helm charts, which no test here does',
  'update siskin.dev/canaries/finalizers':
    'clusters with OwnerReferencesPermissionEnforcement ask for it before they take our owner references',
};

/** Refused for a good reason. */
const refusals: Readonly<Record<string, string>> = {
  'get secrets':
    "a team's own to grant: its Canary may be there before its RoleBinding, or before the API server knows of it",
};

let granted: Set<string>;
let usage: Usage;

/** Since the operator runs in its present form: a newer image makes a new ReplicaSet. */
beforeAll(async () => {
  granted = await grantedRights();
  const sets = ['-n', operatorNamespace, 'get', 'replicasets', '--sort-by=.metadata.creationTimestamp', '-o'];
  const times = await kubectl([...sets, 'jsonpath={.items[*].metadata.creationTimestamp}']);
  usage = await usedRights(new Date(times.split(' ').at(-1) ?? 0));
});

it('asked for nothing that it is not granted', () => {
  // A namespace that is going away refuses what the role allows (403 as well): that says nothing about rights.
  expect([...usage.denied].filter(right => !granted.has(right) && refusals[right] === undefined)).toEqual([]);
});

it('used everything that it is granted, but for what has a reason', () => {
  expect([...granted].filter(right => !usage.used.has(right) && reasons[right] === undefined)).toEqual([]);
});

it('has no reason on its list for a right that is not granted any more', () => {
  expect(Object.keys(reasons).filter(right => !granted.has(right))).toEqual([]);
});
