/** The spec of an AlertProvider: where messages about runs go. */
import { z } from 'zod';
import { filled, localRef, text } from './fields.ts';
import { withRule } from './rule.ts';

export const AlertProviderSpec = withRule(
  z.object({
    type: z.enum(['slack', 'msteams', 'discord', 'rocket', 'gchat']).describe('Kind of the provider.'),
    channel: filled(256).default('general').describe('Channel to post to.'),
    username: filled(256).default('siskin').describe('Name under which the messages appear.'),
    address: text(2048)
      .exactOptional()
      .describe("URL of the webhook, or of Slack's API; an `address` in the Secret takes precedence."),
    proxy: text(2048).exactOptional().describe('URL of an HTTP proxy.'),
    secretRef: localRef('Secret')
      .exactOptional()
      .describe("A Secret of the provider's namespace with the key `address`, `token` (Slack) or both."),
  }),
  {
    cel: 'has(self.address) || has(self.secretRef)',
    message: 'set address, secretRef or both',
    check: ({ address, secretRef }) => address !== undefined || secretRef !== undefined,
  },
);
export type AlertProviderSpec = z.infer<typeof AlertProviderSpec>;
