/** A repository on a real Gitea: only CI pushes to `main`, Siskin may ask, and ada approves and merges. */
import {
  createGiteaRepository,
  type GiteaRepository,
  type GitUser,
  gitCredentials,
  gitea,
  giteaUser,
  installGitea,
  operatorNamespace,
} from '../fixture.ts';

export type Pull = {
  number: number;
  title: string;
  body: string;
  state: string;
  merged: boolean;
  user: { login: string };
  labels: { name: string }[];
  requested_reviewers: { login: string }[] | null;
  head: { ref: string; sha: string };
};
type Status = { context: string; status: string; description: string };

const webhookSecret = 'the-secret-of-the-webhook';

export type ProtectedRepository = {
  repository: GiteaRepository;
  siskin: GitUser;
  ada: GitUser;
  /** For a ManifestRepository: Siskin's own token, and the webhook's secret. */
  credentials(secret: string): object;
  pulls(): Promise<Pull[]>;
  /** The one that there is; fails where there are more. */
  onlyPull(): Promise<Pull>;
  approve(pull: Pull): Promise<void>;
  merge(pull: Pull, as: GitUser): Promise<void>;
  statusesOf(commit: string): Promise<Status[]>;
};

/** Gitea calls the webhook of the ManifestRepository from now on. */
export async function startProtectedRepository(manifestRepository: string): Promise<ProtectedRepository> {
  await installGitea();
  const scopes = ['write:repository', 'write:issue'];
  const siskin = await giteaUser('siskin', scopes);
  const ada = await giteaUser('ada', scopes);
  const name = `${manifestRepository}-${Date.now().toString(36)}`;
  const repository = await createGiteaRepository(name, [siskin, ada]);
  await gitea('POST', `${repository.path}/hooks`, {
    type: 'gitea',
    active: true,
    events: ['push', 'pull_request'],
    config: {
      url: `http://siskin.${operatorNamespace}.svc:8080/hooks/${manifestRepository}`,
      content_type: 'json',
      secret: webhookSecret,
    },
  });
  const pulls = (): Promise<Pull[]> => gitea<Pull[]>('GET', `${repository.path}/pulls?state=all`);
  return {
    repository,
    siskin,
    ada,
    pulls,
    credentials: secret => gitCredentials(secret, operatorNamespace, 'https', { ...siskin, webhookSecret }),
    async onlyPull() {
      const [pull, ...others] = await pulls();
      if (pull === undefined || others.length > 0) throw new Error(`${others.length + 1} pull requests`);
      return pull;
    },
    async approve({ number }) {
      const review = { event: 'APPROVED', body: 'Yes.' };
      await gitea('POST', `${repository.path}/pulls/${number}/reviews`, review, ada);
    },
    async merge({ number }, as) {
      await gitea('POST', `${repository.path}/pulls/${number}/merge`, { Do: 'merge' }, as);
    },
    statusesOf: commit => gitea<Status[]>('GET', `${repository.path}/commits/${commit}/statuses`),
  };
}
