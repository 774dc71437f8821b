/** Which host a repository's URL speaks of, and where that host's API is. */
import { ForgeError, type ForgeProvider } from './port.ts';

/** A repository as its host names it. */
export interface RemoteRepository {
  /** Scheme, host and port for people and the API; SSH addresses are told as https. */
  readonly origin: string;
  /** Path without `.git`, in its parts: owner and name, groups and name, or organisation, project and name. */
  readonly parts: readonly string[];
}

/** Hosts that are known by name; others say `spec.provider`. */
const wellKnown: Readonly<Record<string, ForgeProvider>> = {
  'github.com': 'GitHub',
  'ssh.github.com': 'GitHub',
  'gitlab.com': 'GitLab',
  'altssh.gitlab.com': 'GitLab',
  'bitbucket.org': 'Bitbucket',
  'dev.azure.com': 'Azure',
  'ssh.dev.azure.com': 'Azure',
  'codeberg.org': 'Gitea',
  'gitea.com': 'Gitea',
};

/** The provider of a well-known host; undefined for all others. */
export function detectProvider(url: string): ForgeProvider | undefined {
  const host = URL.parse(url)?.hostname.toLowerCase() ?? '';
  if (host.endsWith('.visualstudio.com')) return 'Azure';
  return Object.hasOwn(wellKnown, host) ? wellKnown[host] : undefined;
}

/** Hosts whose SSH address is another than the one for people. */
const webHosts: Readonly<Record<string, string>> = {
  'ssh.github.com': 'github.com',
  'altssh.gitlab.com': 'gitlab.com',
  'ssh.dev.azure.com': 'dev.azure.com',
};

/** Throws `InvalidRequest` for a URL that names no repository of such a host. */
export function remoteRepository(
  name: string,
  { url, provider }: { readonly url: string; readonly provider: ForgeProvider },
): RemoteRepository {
  const parsed = URL.parse(url);
  const parts = parsed === null ? [] : plainParts(parsed.pathname);
  // Groups within groups, or an organisation and the folders of a server of one's own.
  const most = provider === 'GitLab' || provider === 'Azure' ? 32 : 2;
  if (parsed === null || parts.length < 2 || parts.length > most) {
    throw new ForgeError(
      'InvalidRequest',
      `ManifestRepository ${name}: its url names no repository as ${provider} has them`,
      { transient: false },
    );
  }
  if (parsed.protocol !== 'ssh:') return { origin: parsed.origin, parts };
  const host = parsed.hostname.toLowerCase();
  return { origin: `https://${webHosts[host] ?? host}`, parts };
}

/** Azure has `_git` between project and name, and `v3` before its SSH paths. */
function plainParts(path: string): string[] {
  return path
    .replace(/\.git\/?$/u, '')
    .split('/')
    .map(part => decoded(part))
    .filter(
      (part, index, all) =>
        part !== '' && part !== '_git' && !(part === 'v3' && index === 1 && all.length === 5),
    );
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}

/** The path of the parts for an API's address. */
export function pathOf(parts: readonly string[]): string {
  return parts.map(part => encodeURIComponent(part)).join('/');
}
