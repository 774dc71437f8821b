/** Writes kubeconfig files; JSON is YAML, so no emitter is needed. */
import { readFileSync, writeFileSync } from 'node:fs';

export type KubeconfigEntry = { file: string; url: string; caFile: string; token: string; user: string };

export function writeKubeconfig({ file, url, caFile, token, user }: KubeconfigEntry): string {
  const authority = readFileSync(caFile).toString('base64');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'siskin', cluster: { server: url, 'certificate-authority-data': authority } }],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: 'siskin', context: { cluster: 'siskin', user } }],
    'current-context': 'siskin',
  };
  writeFileSync(file, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
  return file;
}
