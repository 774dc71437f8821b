/** `spec.analysis.webhooks` and `alerts`: whom a run asks and whom it tells. */
import { z } from 'zod';
import { duration, filled, map, namespacedRef, text } from './fields.ts';

export const CanaryWebhook = z.object({
  name: filled(253).describe('Name of the webhook.'),
  type: z
    .enum([
      '',
      'confirm-rollout',
      'pre-rollout',
      'rollout',
      'confirm-traffic-increase',
      'confirm-promotion',
      'post-rollout',
      'rollback',
      'event',
    ])
    .exactOptional()
    .describe('When it is called; `rollout` when unset or empty.'),
  url: filled(2048).describe('Address which is called.'),
  timeout: duration().exactOptional().describe('Time limit of a call; `10s` when unset.'),
  retries: z.int().min(0).max(100).exactOptional().describe('Number of retries.'),
  disableTLS: z.boolean().exactOptional().describe("Accept any certificate of the webhook's server."),
  muteAlert: z.boolean().exactOptional().describe('Send no alert about this webhook.'),
  metadata: map(text(8192), 64).exactOptional().describe('Sent along with every call.'),
});

export const CanaryAlert = z.object({
  name: filled(253).describe('A name for people.'),
  severity: z
    .enum(['', 'info', 'warn', 'error'])
    .default('info')
    .describe(
      'The least severe message to send: `info` sends all, `error` only errors. Empty counts as `info`.',
    ),
  providerRef: namespacedRef().describe('The AlertProvider to send to.'),
});
