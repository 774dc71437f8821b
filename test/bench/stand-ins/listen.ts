/** Lets a stand-in listen on loopback, and end without waiting for those that it left hanging. */
import type { Server } from 'node:http';

export async function listen(server: Server): Promise<{ port: number; close(): Promise<void> }> {
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' ? (address?.port ?? 0) : 0,
    close: () =>
      new Promise<void>(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
