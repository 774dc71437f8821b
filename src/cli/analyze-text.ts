/** What `siskin analyze` prints. */
import type { Model } from '../controller/model.ts';
import { weightOf } from '../core/status.ts';
import type { CheckRow } from './analyze.ts';
import { type ExitCode, exitCodes } from './failure.ts';
import { table } from './table.ts';
import { plain, type Terminal, type Tone } from './terminal.ts';

const tones: Readonly<Record<CheckRow['outcome'], Tone>> = {
  pass: 'good',
  fail: 'bad',
  noData: 'unsure',
  error: 'unsure',
  inconclusive: 'unsure',
};

export function analysisText({ key, canary }: Model, rows: readonly CheckRow[], terminal: Terminal): string {
  const { phase = 'not seen by the operator yet' } = canary.status;
  const traffic =
    phase === 'Progressing' ? `, the canary gets ${weightOf(canary.status)} % of the requests` : '';
  const lines = rows.map(({ check, outcome, value, limit, sentence }) => {
    const isMeasured = outcome === 'pass' || outcome === 'fail';
    return [check, isMeasured ? value : '-', limit, terminal.paint(tones[outcome], outcome), plain(sentence)];
  });
  return [
    terminal.paint('strong', `${key.namespace}/${key.name}: ${phase}${traffic}`),
    '',
    lines.length === 0
      ? 'spec.analysis.metrics has no checks.'
      : table(['CHECK', 'VALUE', 'LIMIT', 'VERDICT', ''], lines),
    ...(phase === 'Progressing' || rows.length === 0
      ? []
      : [
          terminal.paint(
            'quiet',
            'No release is running, so that the canary gets no requests to be judged by.',
          ),
        ]),
  ].join('\n');
}

export function analysisJson({ key, canary }: Model, rows: readonly CheckRow[]): object {
  return {
    apiVersion: 'cli.siskin.dev/v1',
    kind: 'Analysis',
    canary: key,
    phase: canary.status.phase ?? null,
    canaryWeight: weightOf(canary.status),
    checks: rows.map(({ check, outcome, value, limit, sentence }) => ({
      name: check,
      outcome,
      ...(outcome === 'pass' || outcome === 'fail' ? { value: Number(value) } : {}),
      limit,
      sentence: plain(sentence),
    })),
  };
}

export function analysisCode(rows: readonly CheckRow[]): ExitCode {
  if (rows.some(({ outcome }) => outcome === 'fail')) return exitCodes.failing;
  return rows.every(({ outcome }) => outcome === 'pass') ? exitCodes.ok : exitCodes.undecided;
}
