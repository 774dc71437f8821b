/** A git command line bound to one mirror and one set of credentials, with an environment built from nothing. */
import type { Clock } from '../runtime/port.ts';
import type { Access } from './credentials.ts';
import { classify, gitError } from './errors.ts';
import type { GitError, GitErrorCode } from './port.ts';
import { runProgram } from './run.ts';

export interface GitOptions {
  readonly input?: string | Buffer | AsyncIterable<string>;
  /** Exit codes which are an answer; others reject. Only 0 when absent. */
  readonly codes?: readonly number[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether the command may talk to the server: fetch, push, or to load blobs which the mirror left out. */
  readonly network?: boolean;
  /** Milliseconds from the end of the input on. */
  readonly timeoutMs?: number;
  /** Ends the command when it is not wanted any more. */
  readonly signal?: AbortSignal;
}

export interface GitAnswer {
  readonly code: number;
  readonly stdout: Buffer;
  /** `stdout` as text without the final line break. */
  readonly text: string;
  /** Standard error with every secret masked. */
  readonly stderr: string;
}

/**
 * Runs a git command in the mirror and rejects with `GitError`. Arguments are fixed by the caller; whatever comes from
 * outside was validated before and stands behind `--end-of-options` or `--`.
 */
export type Git = (args: readonly string[], options?: GitOptions) => Promise<GitAnswer>;

export interface GitSettings {
  /** Name of the ManifestRepository, for messages. */
  readonly repository: string;
  readonly gitDir: string;
  readonly url: string;
  /** An empty folder, so that no file of a user is read. */
  readonly home: string;
  readonly access: Access;
  readonly clock: Clock;
  /** PATH on which git and ssh are found. */
  readonly searchPath: string;
  readonly allowFileUrls: boolean;
  /** Milliseconds for one command. */
  readonly commandTimeoutMs: number;
  readonly signal?: AbortSignal;
}

/** The largest output read is a log of some ten thousand commits or one manifest. */
const maxOutputBytes = 32 * 1024 * 1024;

const safety: readonly (readonly [string, string])[] = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.symlinks', 'false'],
  ['core.askPass', ''],
  ['credential.helper', ''],
  ['submodule.recurse', 'false'],
  ['protocol.ext.allow', 'never'],
  ['transfer.fsckObjects', 'true'],
  ['transfer.bundleURI', 'false'],
  ['fetch.recurseSubmodules', 'false'],
  ['push.gpgSign', 'false'],
  ['push.recurseSubmodules', 'no'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  // The default is 96 MiB, which a log of a path in a large repository fills.
  ['core.deltaBaseCacheLimit', '8m'],
  ['http.sslVerify', 'true'],
  // A redirect would carry the Authorization header to an address which nobody configured.
  ['http.followRedirects', 'false'],
  ['http.lowSpeedLimit', '100'],
  ['http.lowSpeedTime', '30'],
  // Guessed renames would move a revert into other files than those released. Not every version heeds it here: undo.ts looks again.
  ['merge.renames', 'false'],
  ['merge.directoryRenames', 'false'],
  ['diff.renames', 'false'],
  ['i18n.commitEncoding', 'utf-8'],
  ['i18n.logOutputEncoding', 'utf-8'],
];

export function createGit(settings: GitSettings): Git {
  const { repository, access, clock } = settings;
  return async (args, options = {}) => {
    const signal =
      settings.signal !== undefined && options.signal !== undefined
        ? AbortSignal.any([settings.signal, options.signal])
        : (settings.signal ?? options.signal);
    const outcome = await runProgram({
      program: 'git',
      args,
      environment: environmentOf(settings, options),
      clock,
      timeoutMs: options.timeoutMs ?? settings.commandTimeoutMs,
      maxOutputBytes,
      ...(options.input === undefined ? {} : { input: options.input }),
      ...(options.network === true && access.headerFd !== undefined ? { inheritedFd: access.headerFd } : {}),
      ...(signal === undefined ? {} : { signal }),
    });
    const fail = (code: GitErrorCode, detail: string): GitError =>
      gitError(code, { repository, detail, redact: access.redact });
    const name = `git ${args[0] ?? ''}`;
    if (outcome.kind === 'exited') {
      if (!(options.codes ?? [0]).includes(outcome.code)) {
        throw fail(classify(outcome.stderr), outcome.stderr || `${name} ended with code ${outcome.code}`);
      }
      return {
        code: outcome.code,
        stdout: outcome.stdout,
        text: outcome.stdout.toString().replace(/\n$/u, ''),
        stderr: access.redact(outcome.stderr),
      };
    }
    if (outcome.kind === 'unstartable') throw fail('GitFailed', `${name} cannot be started: ${outcome.why}`);
    if (outcome.kind === 'overflow')
      throw fail('GitFailed', `${name} wrote more than ${maxOutputBytes} bytes`);
    const why = outcome.kind === 'timeout' ? 'at its deadline' : 'because nobody waits for it any more';
    throw fail('Timeout', `${name} was stopped ${why}`);
  };
}

/** Documented in git(1), ENVIRONMENT VARIABLES, and git-config(1), GIT_CONFIG_COUNT. */
function environmentOf(settings: GitSettings, options: GitOptions): Record<string, string> {
  const network = options.network === true;
  const config = [
    ...safety,
    ['remote.origin.url', settings.url] as const,
    // Without a promisor an object which is not in the mirror is simply missing, and no command opens a connection.
    ...(network
      ? ([
          ['remote.origin.promisor', 'true'],
          ['remote.origin.partialCloneFilter', 'blob:none'],
          ...settings.access.config,
        ] as const)
      : []),
  ];
  const environment: Record<string, string> = {
    PATH: settings.searchPath,
    HOME: settings.home,
    XDG_CONFIG_HOME: settings.home,
    LC_ALL: 'C',
    GIT_DIR: settings.gitDir,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_LITERAL_PATHSPECS: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_ALLOW_PROTOCOL: settings.allowFileUrls ? 'https:ssh:file' : 'https:ssh',
    GIT_CONFIG_COUNT: String(config.length),
    ...(network ? settings.access.environment : {}),
    ...options.environment,
  };
  for (const [index, [key, value]] of config.entries()) {
    environment[`GIT_CONFIG_KEY_${index}`] = key;
    environment[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  return environment;
}
