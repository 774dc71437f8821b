/** The Lease object: what is read from it and what a holder writes. */
import { z } from 'zod';
import type { Resource } from './port.ts';

export const Leases: Resource = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
};

export const LeaseView = z.object({
  metadata: z.object({ uid: z.string().optional(), resourceVersion: z.string() }),
  spec: z
    .object({
      holderIdentity: z.string().nullish(),
      leaseDurationSeconds: z.number().optional(),
      leaseTransitions: z.number().optional(),
    })
    .default({}),
});
export type LeaseView = z.infer<typeof LeaseView>;

/** The spec of a renewal; with `transitions` that of a new holder. `now` is for people: nobody decides by it. */
export function leaseSpec(holder: {
  identity: string;
  now: number;
  leaseDurationMs: number;
  transitions?: number;
}): Record<string, unknown> {
  const renewTime = microTime(holder.now);
  return {
    holderIdentity: holder.identity,
    leaseDurationSeconds: Math.max(1, Math.ceil(holder.leaseDurationMs / 1_000)),
    renewTime,
    ...(holder.transitions === undefined
      ? {}
      : { acquireTime: renewTime, leaseTransitions: holder.transitions }),
  };
}

/** The API's MicroTime, which insists on six decimals. */
export function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
