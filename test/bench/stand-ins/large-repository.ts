/** A repository as large companies have one: many applications, and a long history of small releases. */
import type { GitPosition } from '../../../src/git/port.ts';
import type { TestRepository } from '../../wire/git-fixture.ts';

export interface FailedRelease {
  readonly path: string;
  readonly good: GitPosition;
  readonly failed: GitPosition;
}

export interface LargeRepository {
  /** Releases a version of the application with this number, which is to fail. */
  release(application: number): FailedRelease;
  /** Somebody else's release. */
  commitElsewhere(): void;
}

const filesEach = 2;
const applicationsOfTeam = 25;

export function makeLargeRepository(
  repository: TestRepository,
  size: { readonly manifests: number; readonly commits: number },
): LargeRepository {
  const applications = Math.ceil(size.manifests / filesEach);
  const versions = new Map<number, number>();
  const stream: string[] = [];
  const commit = (time: number, files: readonly (readonly [string, string])[]): void => {
    const who = `dev <dev@example.com> ${1_690_000_000 + time} +0000`;
    stream.push('commit refs/heads/main', `committer ${who}`, 'data 7', 'release');
    for (const [path, content] of files)
      stream.push(`M 100644 inline ${path}`, `data ${content.length}`, content);
  };
  const all = Array.from({ length: applications }, (_, n) => n);
  commit(
    0,
    all.flatMap(n => [
      [`${pathOf(n)}/deployment.yaml`, manifest(n, 0)] as const,
      [`${pathOf(n)}/service.yaml`, service(n)] as const,
    ]),
  );
  for (let made = 1; made < size.commits; made += 1) {
    // Spread over all of them, so that every folder's history is as deep as it would be.
    const n = (made * 7_919) % applications;
    const version = (versions.get(n) ?? 0) + 1;
    versions.set(n, version);
    commit(made, [[`${pathOf(n)}/deployment.yaml`, manifest(n, version)]]);
  }
  repository.git(['fast-import', '--quiet', '--force', '--date-format=raw'], `${stream.join('\n')}\n`);
  repository.git(['repack', '-a', '-d', '-q']);
  let others = 0;
  return {
    release(n) {
      const path = pathOf(n);
      const good = repository.position(path);
      repository.commit({ [`${path}/deployment.yaml`]: manifest(n, 1_000) }, { message: `release app-${n}` });
      return { path, good, failed: repository.position(path) };
    },
    commitElsewhere() {
      const n = applications - 1 - (others % 100);
      repository.commit({ [`${pathOf(n)}/deployment.yaml`]: manifest(n, 2_000 + others++) });
    },
  };
}

function pathOf(n: number): string {
  return `apps/team-${Math.floor(n / applicationsOfTeam)}/app-${n}`;
}

function manifest(n: number, version: number): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-${n}
  namespace: team-${Math.floor(n / applicationsOfTeam)}
spec:
  replicas: ${2 + (n % 5)}
  selector: { matchLabels: { app: app-${n} } }
  template:
    metadata: { labels: { app: app-${n} } }
    spec:
      containers:
        - name: app
          image: registry.example.com/team/app-${n}:1.${version}.0
          ports: [{ containerPort: ${8_000 + (n % 1_000)} }]
          resources: { requests: { cpu: 100m, memory: 128Mi } }
`;
}

function service(n: number): string {
  return `apiVersion: v1\nkind: Service\nmetadata: { name: app-${n} }\nspec: { selector: { app: app-${n} }, ports: [{ port: 80 }] }\n`;
}
