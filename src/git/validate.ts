/** Refuses hostile or malformed URLs, branches, paths, globs, object names and identities before git sees them. */

/** Thrown by the functions here; the message says what is wrong and holds no part of a URL, which may carry a password. */
export class InvalidInput extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'InvalidInput';
  }
}

export interface RemoteUrl {
  readonly protocol: 'https' | 'ssh' | 'file';
  /** What git gets. */
  readonly href: string;
  /** Scheme, host and port: the scope of credentials. */
  readonly origin: string;
}

/** Control, invisible and unpaired characters, and every blank but the ordinary one. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u;

/** Only `https://` and `ssh://`, as Flux; `file://` for tests. scp's short form is refused since its path may be an option. */
export function validUrl(text: string, options: { readonly allowFileUrls: boolean }): RemoteUrl {
  if (text.length > 2048) throw new InvalidInput('the url is longer than 2048 characters');
  if (unprintable.test(text) || /[\s\\'"`<>^{}|]/u.test(text)) {
    throw new InvalidInput('the url holds blanks, quotes or characters that cannot be printed');
  }
  if (!/^(https|ssh|file):\/\//u.test(text)) {
    throw new InvalidInput(
      'the url must begin with https:// or ssh:// (ssh://git@host/path, not git@host:path)',
    );
  }
  const url = URL.parse(text);
  if (url === null) throw new InvalidInput('the url cannot be parsed');
  if (url.search !== '' || url.hash !== '' || /[?#]/u.test(text)) {
    throw new InvalidInput('the url must have no query and no fragment');
  }
  const path = decodePath(url.pathname);
  if (path === undefined || unprintable.test(path))
    throw new InvalidInput('the path of the url is malformed');
  if (/(^|\/)\.\.(\/|$)/u.test(decodePath(text) ?? '..'))
    throw new InvalidInput('the url must not hold ".."');
  if (path.replaceAll('/', '') === '') throw new InvalidInput('the url names no repository');
  if (/^\/+-/u.test(path)) throw new InvalidInput('the path of the url must not begin with a dash');

  if (url.protocol === 'file:') {
    if (!options.allowFileUrls || url.host !== '') throw new InvalidInput('file:// is not allowed');
    return { protocol: 'file', href: url.href, origin: 'file://' };
  }
  // ssh(1) would read a host that begins with a dash as an option.
  if (!/^([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])$/u.test(url.hostname)) {
    throw new InvalidInput('the host of the url is not a host name or an address');
  }
  if (url.password !== '') throw new InvalidInput('the url must not hold a password; put it into the Secret');
  if (url.protocol === 'ssh:') {
    if (!/^([A-Za-z0-9_][A-Za-z0-9._-]{0,63})?$/u.test(url.username)) {
      throw new InvalidInput('the user of the url is not a login name');
    }
    return { protocol: 'ssh', href: url.href, origin: `ssh://${url.host}` };
  }
  if (url.username !== '')
    throw new InvalidInput('the url must not hold a user; put username into the Secret');
  return { protocol: 'https', href: url.href, origin: url.origin };
}

function decodePath(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

/** The short name of a branch: an allow-list that is narrower than git-check-ref-format(1). */
export function validBranch(branch: string): string {
  const wrong =
    !/^[A-Za-z0-9][A-Za-z0-9._/-]{0,200}$/u.test(branch) ||
    branch.startsWith('refs/') ||
    branch === 'HEAD' ||
    branch.split('/').some(part => part === '' || part.startsWith('.') || /(\.|\.lock)$/u.test(part)) ||
    branch.includes('..');
  if (wrong) throw new InvalidInput(`the branch ${shown(branch)} is not a plain branch name`);
  return branch;
}

/** A full object name, SHA-1 or SHA-256. */
export function validObject(name: string): string {
  if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/u.test(name)) {
    throw new InvalidInput(`${shown(name)} is not a full object name of git`);
  }
  return name;
}

/** A path within the repository without leading `./` and trailing `/`; '' is the root. */
export function validPath(path: string): string {
  if (path.length > 1024) throw new InvalidInput('the path is longer than 1024 characters');
  const plain = path.replace(/^(\.\/+)+/u, '').replace(/\/+$/u, '');
  if (/^\.?$/u.test(plain)) {
    // "/" became empty just now, but it asks for the root of a file system.
    if (path.startsWith('/'))
      throw new InvalidInput('the path must be relative to the root of the repository');
    return '';
  }
  checkSegments(plain, 'path', segment => segment);
  return plain;
}

/** A glob of allowed paths: see globs.ts. */
export function validGlob(glob: string): string {
  if (glob.length === 0 || glob.length > 1024)
    throw new InvalidInput('a glob must have 1 to 1024 characters');
  if (/[[\]{}!()@+]/u.test(glob)) {
    throw new InvalidInput(`the glob ${shown(glob)} must hold no other wildcards than *, ** and ?`);
  }
  checkSegments(glob, 'glob', segment => {
    if (segment.includes('**') && segment !== '**') {
      throw new InvalidInput(`** must be a whole segment of the glob ${shown(glob)}`);
    }
    return segment;
  });
  return glob;
}

function checkSegments(path: string, what: string, each: (segment: string) => string): void {
  const refuse = (why: string): never => {
    throw new InvalidInput(`the ${what} ${shown(path)} ${why}`);
  };
  if (unprintable.test(path)) refuse('holds characters that cannot be printed');
  if (path !== path.normalize('NFC')) refuse('is not in Unicode normal form C');
  if (path.startsWith('/') || path.includes('\\')) refuse('must be relative, with / between its segments');
  if (path.startsWith('-') || path.startsWith(':')) refuse('must not begin with a dash or a colon');
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.' || segment === '..')
      refuse('must hold no empty segment, "." or ".."');
    if (segment.length > 255) refuse('has a segment longer than 255 characters');
    // The names under which Windows and macOS would also find the folder .git (git's own is_ntfs_dotgit).
    if (/^(\.git|git~\d+)[ .]*(:.*)?$/iu.test(each(segment))) refuse('must not lead into .git');
  }
}

/** The name or address of a commit's author; git's format has no escape for angle brackets and line breaks. */
export function validIdentity(identity: { readonly name: string; readonly email: string }): void {
  const { name, email } = identity;
  if (name.trim() === '' || name.length > 128 || unprintable.test(name) || /[<>]/u.test(name)) {
    throw new InvalidInput('commit.name must be 1 to 128 printable characters without < and >');
  }
  // git drops these at both ends, so that nothing would be left of a name made of them.
  if (/^[\s.,:;"'\\]*$/u.test(name)) throw new InvalidInput('commit.name needs a letter or a digit');
  if (email.length > 254 || unprintable.test(email) || !/^[^\s<>@"'\\,;:]+@[^\s<>@"'\\,;:]+$/u.test(email)) {
    throw new InvalidInput('commit.email is not an e-mail address');
  }
}

/** A value of a trailer that Siskin made up itself: an id, a revision, a name of Kubernetes. */
export function validWord(what: string, word: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,252}$/u.test(word))
    throw new InvalidInput(`${what} ${shown(word)} is not valid`);
  return word;
}

function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text).replaceAll(
    /[\p{Cf}\p{Zl}\p{Zp}\p{Cc}]/gu,
    '?',
  );
}
