/** Everything that an end-to-end test or the demo needs of the cluster, in one import. */

export * from './fixture/argocd.ts';
export * from './fixture/audit.ts';
export * from './fixture/demo-app.ts';
export * from './fixture/flux.ts';
export * from './fixture/git.ts';
export * from './fixture/gitea.ts';
export { access, apply, deleteNamespace, getObject, kubectl, rolledOut } from './fixture/kube.ts';
export * from './fixture/load.ts';
export * from './fixture/operator.ts';
export * from './fixture/registry.ts';
export * from './fixture/services.ts';
export * from './fixture/slack.ts';
export { waitFor } from './lib/wait.ts';
export { clusterUp } from './up.ts';
