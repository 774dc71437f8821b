/** Takes samples: finds the query and the server for a check, and asks. */
import type { CheckRequest, Sample, Sampler } from './port.ts';
import { queryOf } from './query.ts';
import { createServers, type Servers, type ServersDeps, sayWhy } from './servers.ts';

/** Throws as `createServers` does. */
export function createSampler(deps: ServersDeps): Sampler & { close(): void } {
  const servers = createServers(deps);
  return { ...samplerOn(servers), close: () => servers.close() };
}

export function samplerOn(servers: Servers): Sampler {
  async function take(request: CheckRequest): Promise<Sample> {
    const server = await servers.find(request);
    if ('problem' in server) return { kind: 'error', why: server.problem };
    const text = queryOf(request);
    if ('problem' in text) return { kind: 'error', why: text.problem };
    return server.query(text.query, request.at);
  }

  return {
    async sample(request) {
      try {
        return await take(request);
      } catch (error) {
        return sayWhy(error, 'the sample could not be taken');
      }
    },
  };
}
