/** The real Prometheus on loopback, scraping an exporter in the test whose counters grow by the same amount with every scrape. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureProgram } from '../kind/build/binaries.ts';
import { prometheus } from '../kind/build/catalogue.ts';
import { hasEnded, logTail, startChild, stopChild } from '../kind/controlplane/child.ts';
import { FatalWait, waitFor } from '../kind/lib/wait.ts';

export interface RealPrometheus {
  readonly url: string;
  stop(): Promise<void>;
}

/** Lines of the exposition format at the nth scrape (from 1). */
export type Exposition = (scrape: number) => readonly string[];

async function listen(server: http.Server): Promise<number> {
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

async function freePort(): Promise<number> {
  const server = http.createServer();
  const port = await listen(server);
  server.close();
  return port;
}

/** `jobs`: by name, what is exported and the labels that the scrape configuration adds. `flags` are Prometheus' own. */
export async function startRealPrometheus(
  jobs: Readonly<
    Record<string, { readonly labels: Readonly<Record<string, string>>; readonly export: Exposition }>
  >,
  flags: readonly string[] = [],
): Promise<RealPrometheus> {
  const program = join(await ensureProgram(prometheus), 'prometheus');
  const folder = mkdtempSync(join(tmpdir(), 'siskin-prometheus-'));
  const scrapes = new Map<string, number>();
  const exporter = http.createServer((request, response) => {
    const name = request.url?.slice(1) ?? '';
    const scrape = (scrapes.get(name) ?? 0) + 1;
    scrapes.set(name, scrape);
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    response.end(`${jobs[name]?.export(scrape).join('\n') ?? ''}\n`);
  });
  const exporterPort = await listen(exporter);
  const port = await freePort();
  const scrapeConfigs = Object.entries(jobs).map(([name, { labels }]) => ({
    job_name: name,
    metrics_path: `/${name}`,
    static_configs: [{ targets: [`127.0.0.1:${exporterPort}`], labels }],
  }));
  // JSON is YAML.
  const config = {
    global: { scrape_interval: '100ms', scrape_timeout: '100ms' },
    scrape_configs: scrapeConfigs,
  };
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config));
  const daemon = startChild(
    program,
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      ...flags,
    ],
    join(folder, 'log'),
  );
  const url = `http://127.0.0.1:${port}`;
  async function stop(): Promise<void> {
    await stopChild(daemon);
    exporter.close();
    exporter.closeAllConnections();
    rmSync(folder, { recursive: true, force: true });
  }
  try {
    await waitFor('Prometheus', async () => {
      if (hasEnded(daemon)) throw new FatalWait(`Prometheus ended:\n${logTail(daemon.logFile)}`);
      const isReady = (await fetch(`${url}/-/ready`)).ok;
      return isReady && Object.keys(jobs).every(name => (scrapes.get(name) ?? 0) >= 4) ? true : undefined;
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, stop };
}
