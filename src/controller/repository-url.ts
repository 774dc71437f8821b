/** Whether two URLs name the same repository, as people write them for one server: https or ssh, with or without `.git`. */

/** Host and path without what says nothing about which repository it is; for people too, since no user or password is in it. */
export function repositoryName(url: string): string {
  // Argo CD also takes the short form of scp: git@host:path.
  const [, user, host, rest] = /^([^@/:\s]+@)?([^@/:\s]+):(?!\/\/|\d+\/)(.+)$/u.exec(url) ?? [];
  const parsed = URL.parse(host === undefined ? url : `ssh://${user ?? ''}${host}/${rest ?? ''}`);
  if (parsed === null) return '';
  const path = parsed.pathname
    .replaceAll(/\/{2,}/gu, '/')
    .replace(/\/$/u, '')
    .replace(/\.git$/u, '');
  return `${hostOf(parsed)}${path}`;
}

export function isSameRepository(one: string, other: string): boolean {
  const name = repositoryName(one);
  return name !== '' && name === repositoryName(other);
}

/** A port that is not the scheme's own is part of what is served there. */
function hostOf({ protocol, hostname, port }: URL): string {
  const host = hostname.toLowerCase();
  return port === '' || (protocol === 'ssh:' && port === '22') ? host : `${host}:${port}`;
}
