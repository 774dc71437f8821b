/** `analysis.checks[].webhook`: somebody else's judgement. */
import { z } from 'zod';
import { durationBetween, filled, map, text } from './fields.ts';

export const WebhookCheck = z.object({
  url: filled(2048)
    .regex(/^https?:\/\/[^\s/@]+(\/\S*)?$/, 'must be an http:// or https:// address without user info')
    .describe(
      "Address that gets a POST with the JSON body of Flagger's webhooks: `name`, `namespace`, `phase`, `checksum` and `metadata`. 200 to 299 passes, other answers do not; a redirect, a refused connection and a timeout are no answer.",
    ),
  timeout: durationBetween('1s', '30s').default('10s').describe('Time limit of a call, from `1s` to `30s`.'),
  every: durationBetween('5s', '1h')
    .default('30s')
    .describe('Time between two calls, from `5s` to `1h`. Before a step ends it is asked in any case.'),
  failures: z
    .int()
    .min(1)
    .max(10)
    .default(1)
    .describe('So many answers in a row must be bad before the run fails; until then it holds.'),
  onFail: z
    .enum(['Rollback', 'Hold'])
    .default('Rollback')
    .describe('What follows from a bad answer; `Hold` waits until a good one comes.'),
  metadata: map(text(1024), 16).exactOptional().describe('Sent along with every call.'),
});
