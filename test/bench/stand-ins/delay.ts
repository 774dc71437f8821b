/** A road between a client and a server on this machine that takes its time: every byte, and the handshake of each connection. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface Delay extends AsyncDisposable {
  readonly port: number;
}

/** What is sent arrives half a round trip later; the first bytes wait for the handshake too. */
export async function startDelay(targetPort: number, roundTripMs: number): Promise<Delay> {
  const sockets = new Set<Socket>();
  const server = createServer(client => {
    const target = connect(targetPort, '127.0.0.1');
    const opened = Date.now();
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {
        client.destroy();
        target.destroy();
      });
      socket.on('close', () => sockets.delete(socket));
    }
    forward(client, target, () => roundTripMs / 2 + Math.max(0, opened + roundTripMs - Date.now()));
    forward(target, client, () => roundTripMs / 2);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the delay has no port');
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** In order, by one timer: those of different lengths may overtake each other. */
function forward(from: Socket, to: Socket, waitMs: () => number): void {
  const underway: { readonly at: number; readonly arrive: () => unknown }[] = [];
  const deliver = (): void => {
    for (let next = underway[0]; next !== undefined && next.at <= Date.now(); next = underway[0]) {
      underway.shift();
      next.arrive();
    }
    if (underway[0] !== undefined) setTimeout(deliver, underway[0].at - Date.now());
  };
  const later = (arrive: () => unknown): void => {
    underway.push({ at: Math.max(underway.at(-1)?.at ?? 0, Date.now() + waitMs()), arrive });
    if (underway.length === 1) setTimeout(deliver, waitMs());
  };
  from.on('data', (chunk: Buffer) => later(() => to.destroyed || to.write(chunk)));
  from.on('end', () => later(() => to.destroyed || to.end()));
}
