/** One control plane for the whole tier, with Siskin's CRDs installed; tests take namespaces of their own. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { parse } from 'yaml';
import { type ControlPlane, startControlPlane } from '../kind/controlplane/light.ts';
import { waitFor } from '../kind/lib/wait.ts';
import { type ApiServer, type Client, connect } from './crd-client.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    apiServer: ApiServer;
    /** Path of a kubeconfig for a cluster administrator. */
    kubeconfig: string;
  }
}

const crds = new URL('../../crds/', import.meta.url);
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

interface Definition {
  readonly metadata: { readonly name: string };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

async function install(client: Client, file: string): Promise<void> {
  const definition: Definition = parse(readFileSync(fileURLToPath(new URL(file, crds)), 'utf8'));
  const { status, body } = await client.ask('POST', `${definitions}?fieldValidation=Strict`, definition);
  if (status !== 201) throw new Error(`${file} was refused: ${body.message}`);
  await waitFor(`${definition.metadata.name} to be established`, async () => {
    const answer = await client.ask('GET', `${definitions}/${definition.metadata.name}`);
    const { conditions = [] }: NonNullable<Definition['status']> = answer.body['status'] ?? {};
    return conditions.some(({ type, status }) => type === 'Established' && status === 'True') || undefined;
  });
}

let controlPlane: ControlPlane | undefined;

/** Called by vitest before the first test. */
export async function setup(project: TestProject): Promise<void> {
  controlPlane = await startControlPlane();
  const { url, caFile, adminToken, kubeconfig } = controlPlane;
  const apiServer: ApiServer = { url, ca: readFileSync(caFile, 'utf8'), token: adminToken };
  const client = connect(apiServer);
  try {
    const files = readdirSync(fileURLToPath(crds)).filter(file => file.startsWith('siskin.dev_'));
    await Promise.all(files.map(file => install(client, file)));
  } finally {
    await client.close();
  }
  project.provide('apiServer', apiServer);
  project.provide('kubeconfig', kubeconfig);
}

/** Called by vitest after the last test. */
export async function teardown(): Promise<void> {
  await controlPlane?.stop();
}
