/** Asks an API server over HTTPS, with the fixture's own authority, without any client library. */
import { readFileSync } from 'node:fs';
import { request } from 'node:https';

export type ApiAnswer = { status: number; body: string };

export function askApi(options: {
  url: string;
  path: string;
  caFile: string;
  token: string;
  timeoutMs?: number;
}): Promise<ApiAnswer> {
  const { url, path, caFile, token, timeoutMs = 2_000 } = options;
  return new Promise((resolve, reject) => {
    const sent = request(
      new URL(path, url),
      {
        ca: readFileSync(caFile),
        headers: { authorization: `Bearer ${token}` },
        timeout: timeoutMs,
        agent: false,
      },
      response => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }),
        );
      },
    );
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
    sent.on('error', reject);
    sent.end();
  });
}
