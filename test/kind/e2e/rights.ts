/** Rights as comparable words: what the shipped roles grant, and what the audit log shows to have been used. */
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { auditEvents, kubectl, operatorNamespace } from '../fixture.ts';
import { repositoryRoot } from '../lib/paths.ts';
import { operatorUser } from './operator.ts';

const Rule = z.object({
  apiGroups: z.array(z.string()).default([]),
  resources: z.array(z.string()).default([]),
  verbs: z.array(z.string()),
});
const Manifest = z.object({
  kind: z.string(),
  metadata: z.object({ name: z.string() }),
  rules: z.array(Rule).default([]),
});

/** `get secrets in siskin-system`, `patch siskin.dev/canaries/status`: the verb, then the resource with its group. */
function word(verb: string, group: string, resource: string, namespace?: string): string {
  const within = namespace === undefined ? '' : ` in ${namespace}`;
  return `${verb} ${group === '' ? '' : `${group}/`}${resource}${within}`;
}

const roles: ReadonlySet<string> = new Set(['siskin', 'siskin-argocd']);

/** What `deploy/` binds to the operator as the tests install it: its ClusterRoles, and its Role in its own namespace. */
export async function grantedRights(): Promise<Set<string>> {
  const text = await kubectl(['kustomize', `${repositoryRoot}/deploy/overlays/test`]);
  const manifests = parseAllDocuments(text).map(document => Manifest.parse(document.toJS()));
  const rights = manifests
    .filter(({ kind, metadata }) => /^(Cluster)?Role$/u.test(kind) && roles.has(metadata.name))
    .flatMap(({ kind, rules }) => rules.flatMap(rule => wordsOf(kind, rule)));
  return new Set(rights);
}

function wordsOf(kind: string, { apiGroups, resources, verbs }: z.infer<typeof Rule>): string[] {
  const namespace = kind === 'Role' ? operatorNamespace : undefined;
  return apiGroups.flatMap(group =>
    resources.flatMap(resource => verbs.map(verb => word(verb, group, resource, namespace))),
  );
}

export type Usage = { used: Set<string>; denied: Set<string> };

/** What the operator asked for since it runs in its present form, with the roles' own namespace told as they tell it. */
export async function usedRights(since: Date): Promise<Usage> {
  const usage: Usage = { used: new Set(), denied: new Set() };
  for (const { verb, objectRef, responseStatus } of await auditEvents({ user: operatorUser, since })) {
    if (objectRef?.resource === undefined) continue;
    const { apiGroup = '', resource, subresource, namespace } = objectRef;
    const full = subresource === undefined ? resource : `${resource}/${subresource}`;
    const own = namespace === operatorNamespace ? operatorNamespace : undefined;
    usage[responseStatus?.code === 403 ? 'denied' : 'used'].add(word(verb, apiGroup, full, own));
  }
  return usage;
}
