/** Who we are to the API server: TLS material and headers from a KubeConfig, read again as files and tokens rotate. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { z } from 'zod';
import { TransientError } from './errors.ts';
import type { Redactor } from './redact.ts';

export type TlsMaterial = Pick<
  RequestOptions,
  'ca' | 'cert' | 'key' | 'pfx' | 'passphrase' | 'servername' | 'rejectUnauthorized'
>;

export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsMaterial;
  /** Changes when, and only when, connections must be opened anew. */
  readonly fingerprint: string;
}

/** Bound tokens and certificates rotate in place; a minute is how long client-go trusts what it read. */
const trustMs = 60_000;
/** A changed token file is noticed within this, without a stat for every request. */
const lookMs = 1_000;

const TokenFileUser = z.object({
  authProvider: z.object({ config: z.object({ tokenFile: z.string().min(1) }) }),
});

export interface CredentialSourceOptions {
  readonly kubeConfig: KubeConfig;
  /** Milliseconds that only move forward. */
  readonly now: () => number;
  /** Learns every token, so that no log line shows it. */
  readonly redactor?: Redactor | undefined;
}

/** Answers from memory; reads at most once at a time. When a file is unreadable mid-rotation the last good answer stands. */
export class CredentialSource {
  private readonly options: CredentialSourceOptions;
  private readonly tokenFile: string | undefined;
  private credentials: Credentials | undefined;
  private tokenStamp = '';
  private readAt = Number.NEGATIVE_INFINITY;
  private lookedAt = Number.NEGATIVE_INFINITY;
  private reading: Promise<Credentials> | undefined;

  constructor(options: CredentialSourceOptions) {
    this.options = options;
    const user = TokenFileUser.safeParse(options.kubeConfig.getCurrentUser());
    this.tokenFile = user.success ? user.data.authProvider.config.tokenFile : undefined;
  }

  /** Rejects with TransientError when nothing usable was ever read. */
  async current(): Promise<Credentials> {
    const known = this.credentials;
    if (known !== undefined && this.options.now() - this.lookedAt < lookMs) return known;
    this.reading ??= this.refresh().finally(() => {
      this.reading = undefined;
    });
    return this.reading;
  }

  /** Forces a read; answers whether it brought other credentials than `refused`. For after a 401. */
  async renew(refused: Credentials): Promise<boolean> {
    this.readAt = Number.NEGATIVE_INFINITY;
    this.lookedAt = Number.NEGATIVE_INFINITY;
    const fresh = await this.current();
    return (
      fresh.headers['Authorization'] !== refused.headers['Authorization'] ||
      fresh.fingerprint !== refused.fingerprint
    );
  }

  private async refresh(): Promise<Credentials> {
    const now = this.options.now();
    try {
      const stamp = await stampOf(this.tokenFile);
      if (this.credentials === undefined || stamp !== this.tokenStamp || now - this.readAt >= trustMs) {
        this.credentials = await this.read();
        this.tokenStamp = stamp;
        this.readAt = now;
      }
    } catch (error) {
      if (this.credentials === undefined) throw new TransientError('cannot read the API credentials', error);
    }
    this.lookedAt = now;
    return this.credentials;
  }

  private async read(): Promise<Credentials> {
    const headers: Record<string, string> = {};
    const options: RequestOptions = { headers };
    await this.options.kubeConfig.applyToHTTPSOptions(options);
    if (this.tokenFile !== undefined) {
      const token = (await readFile(this.tokenFile, 'utf8')).trim();
      if (token === '') throw new Error(`token file ${this.tokenFile} is empty`);
      headers['Authorization'] = `Bearer ${token}`;
    } else if (typeof options.auth === 'string') {
      headers['Authorization'] = `Basic ${Buffer.from(options.auth).toString('base64')}`;
    }
    this.options.redactor?.hide([headers['Authorization']?.replace(/^\w+ /, '') ?? '']);
    const { ca, cert, key, pfx, passphrase, servername, rejectUnauthorized } = options;
    const given = Object.entries({ ca, cert, key, pfx, passphrase, servername, rejectUnauthorized }).filter(
      ([, value]) => value !== undefined && value !== null,
    );
    return {
      headers,
      tls: Object.fromEntries(given),
      fingerprint: createHash('sha256').update(JSON.stringify(given)).digest('hex'),
    };
  }
}

/** Changes when the file is replaced or rewritten; projected tokens are swapped as symlinks, which `stat` follows. */
async function stampOf(file: string | undefined): Promise<string> {
  if (file === undefined) return '';
  const info = await stat(file);
  return `${info.ino}:${info.mtimeMs}:${info.size}`;
}
