/** `spec.analysis`: how a revision gets its traffic and by what it is judged. */
import { z } from 'zod';
import { CanaryChecks, ImpactBudget, Preset } from './check.ts';
import { durationBetween, filled, list, map, percent, text } from './fields.ts';
import { StringMatch } from './http-match.ts';
import { CanaryMetrics } from './metric.ts';
import { withRule } from './rule.ts';
import { vantageNames } from './vantage.ts';
import { CanaryAlert, CanaryWebhook } from './webhook.ts';

/** What happens to a run whose checks give no answer; neither policy writes to Git. */
function undecided(cause: string) {
  return z
    .object({
      timeLimit: durationBetween('1s', '168h')
        .default('10m')
        .describe(`How long a run may go without a decision because ${cause}, from \`1s\` to \`168h\`.`),
      policy: z
        .enum(['Hold', 'Rollback'])
        .default('Hold')
        .describe(
          'At the time limit, `Hold` keeps holding and alerts; `Rollback` takes the traffic back and writes nothing to Git.',
        ),
    })
    .prefault({})
    .describe(`For checks where ${cause}.`);
}

const Undecided = z.object({
  noData: undecided('a query has no result'),
  error: undecided('a provider cannot be asked'),
  inconclusive: undecided('a result does not allow a verdict'),
});

const StepWeights = withRule(list(z.int().min(1).max(100), 100).min(1), {
  cel: 'self.isSorted() && self.all(weight, self.exists_one(other, other == weight))',
  message: 'must rise from step to step',
  check: weights => weights.every((weight, index) => index === 0 || weight > (weights[index - 1] ?? 0)),
});

const RequestMatch = z.object({
  headers: map(StringMatch, 16).exactOptional().describe('Headers of the request, by name.'),
  queryParams: map(StringMatch, 16).exactOptional().describe('Query parameters of the request, by name.'),
  sourceLabels: map(text(63), 32).exactOptional().describe('Labels of the calling pods (Istio).'),
});

const SessionAffinity = z.object({
  cookieName: filled(253).describe('Name of the cookie that keeps a user on the canary.'),
  primaryCookieName: filled(253)
    .exactOptional()
    .describe('Name of the cookie that keeps a user on the primary.'),
  domain: text(253).exactOptional().describe('`Domain` of the cookie.'),
  httpOnly: z.boolean().exactOptional().describe('Hide the cookie from scripts.'),
  maxAge: z.int().min(0).max(2_147_483_647).default(86_400).describe('Life of the cookie in seconds.'),
  partitioned: z.boolean().exactOptional().describe('Use partitioned storage.'),
  path: text(1024).exactOptional().describe('`Path` of the cookie.'),
  sameSite: z.enum(['Strict', 'Lax', 'None']).exactOptional().describe('`SameSite` of the cookie.'),
  secure: z.boolean().exactOptional().describe('Send the cookie over HTTPS only.'),
});

const fields = z.object({
  interval: durationBetween('1s', '24h')
    .default('1m')
    .describe('Time between two steps, from `1s` to `24h`. The checks are asked at least this often.'),
  threshold: z
    .int()
    .min(0)
    .max(1000)
    .default(1)
    .describe('Failed checks at which the run fails; 0 counts as 1.'),
  maxWeight: z
    .int()
    .min(1)
    .max(100)
    .default(100)
    .describe('The most traffic that the canary gets, in percent. Not used with `stepWeights`.'),
  stepWeight: z
    .int()
    .min(1)
    .max(100)
    .exactOptional()
    .describe('Traffic that each step adds to the canary, in percent, up to `maxWeight`.'),
  stepWeights: StepWeights.exactOptional().describe("The canary's traffic at each step, in percent, rising."),
  stepWeightPromotion: percent()
    .exactOptional()
    .describe(
      'Traffic that each step of the promotion gives back to the primary, in percent; all at once when unset or 0.',
    ),
  iterations: z
    .int()
    .min(1)
    .max(1000)
    .exactOptional()
    .describe('Blue/green: how many times the canary is judged before it gets traffic.'),
  primaryReadyThreshold: percent()
    .default(100)
    .describe('Percent of the wanted primary pods that must be available.'),
  canaryReadyThreshold: percent()
    .default(100)
    .describe('Percent of the wanted canary pods that must be available.'),
  metrics: CanaryMetrics.exactOptional().describe('Checks of one number against fixed limits.'),
  checks: CanaryChecks.exactOptional().describe(
    'Checks of evidence: counts of the canary against those of the primary, judged at every scrape.',
  ),
  preset: Preset.default('balanced').describe(
    'How `checks` weigh speed against false alarms: a good release is rolled back with a probability of at most 1 % (`conservative`), 2 % (`balanced`) or 5 % (`sensitive`), where 0.1, 0.05 or 0 percentage points more errors are accepted.',
  ),
  warmUp: durationBetween('0s', '1h')
    .default('30s')
    .describe(
      "Time from the canary's first request, from `0s` to `1h`, in which `checks` look for gross failures only.",
    ),
  vantage: z
    .enum(vantageNames)
    .exactOptional()
    .describe('Who counts the requests that `checks` compare; told by the GatewayClass when unset.'),
  impactBudget: ImpactBudget.exactOptional().describe(
    'Lets the weight rise only as far as the evidence allows; the weights of the steps become upper bounds.',
  ),
  alerts: list(CanaryAlert, 16).exactOptional().describe('Whom to tell.'),
  undecided: Undecided.prefault({}).describe('What to do while the checks give no answer.'),
  webhooks: list(CanaryWebhook, 32).exactOptional().describe('Whom to ask.'),
  match: list(RequestMatch, 16).exactOptional().describe('A/B testing: requests that go to the canary.'),
  mirror: z
    .boolean()
    .exactOptional()
    .describe('Send a copy of the traffic to the canary before it gets any.'),
  mirrorWeight: percent().exactOptional().describe('Percent of the traffic to copy.'),
  sessionAffinity: SessionAffinity.exactOptional().describe('Keep users on the side that served them first.'),
});

const oneMode = withRule(fields, {
  cel: '[has(self.iterations), has(self.stepWeight), has(self.stepWeights)].filter(x, x).size() == 1',
  message: 'set exactly one of iterations, stepWeight and stepWeights',
  check: ({ iterations, stepWeight, stepWeights }) =>
    [iterations, stepWeight, stepWeights].filter(mode => mode !== undefined).length === 1,
});

const comparable = withRule(oneMode, {
  cel: '!has(self.checks) || self.checks.size() == 0 || !has(self.iterations)',
  message:
    'checks need stepWeight or stepWeights: without requests on both sides there is nothing to compare',
  check: ({ checks = [], iterations }) => checks.length === 0 || iterations === undefined,
});

export const CanaryAnalysis = withRule(comparable, {
  cel: "!has(self.impactBudget) || has(self.checks) && self.checks.exists(check, has(check.compare) && check.compare.of == 'Errors')",
  message: 'impactBudget needs a check that compares errors',
  check: ({ impactBudget, checks = [] }) =>
    impactBudget === undefined || checks.some(({ compare }) => compare?.of === 'Errors'),
});
