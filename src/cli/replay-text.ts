/** What `siskin analyze --last` prints. */
import { formatDuration } from '../core/duration.ts';
import type { ReplayReport } from './replay.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';

export function replayText(report: ReplayReport, terminal: Terminal): string {
  const { canary, past, checks, releases, notReplayed, vantage } = report;
  const perSecond = Number((past.requests / Math.max(1, past.seconds)).toPrecision(3));
  const rows = checks.map(({ name, judge, isConfigured, healthy, regressions }) => [
    `${name} (${judge}${isConfigured ? '' : ', not configured'})`,
    terminal.paint(healthy.failed > 1 ? 'bad' : 'good', `${healthy.failed} %`),
    `${healthy.failedAtMost} %`,
    `${healthy.held} %`,
    time(healthy.seconds),
    ...regressions.map(({ failed, failedRequests }) => `${failed} %, ${failedRequests}`),
  ]);
  const added = (checks[0]?.regressions ?? []).map(each => `+${each.added} % ERRORS: FOUND, COST`);
  return [
    terminal.paint(
      'strong',
      `${canary.namespace}/${canary.name}: the last ${time(past.seconds)}, ${past.requests.toLocaleString('en-US')} requests`,
    ),
    `${perSecond} requests/s, ${past.failedPercent} % failed; counted by ${vantage}, in intervals of ${time(past.interval)}`,
    '',
    table(['CHECK', 'HEALTHY: FAILED', 'AT MOST', 'HELD', 'TAKES', ...added], rows),
    '',
    terminal.paint(
      'quiet',
      [
        `Each figure is of ${releases} releases with the steps of this Canary, begun at random moments of that time. HEALTHY releases were as good as`,
        'what ran then: each that failed is a false alarm, AT MOST so many with 95 % confidence. COST is the mean number of requests that the canary',
        'failed. Requests were given to the canary at random; bursts of single pods are not in it.',
      ].join('\n'),
    ),
    ...(notReplayed.length === 0
      ? []
      : [
          terminal.paint(
            'unsure',
            `Not replayed, since it is no rate of failed requests: ${notReplayed.join(', ')}.`,
          ),
        ]),
  ].join('\n');
}

function time(seconds: number): string {
  return formatDuration(seconds * 1_000);
}
