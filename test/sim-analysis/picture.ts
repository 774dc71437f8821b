/** Bar charts as SVG, one for light and one for dark pages. */

export interface Bars {
  readonly title: string;
  /** What the bars measure, under the title. */
  readonly subtitle: string;
  readonly series: readonly string[];
  readonly groups: readonly { readonly name: string; readonly values: readonly number[] }[];
  /** Bars on a logarithmic scale start here; absent for a linear scale from 0. */
  readonly logarithmicFrom?: number;
  readonly format: (value: number) => string;
}

export type Scheme = 'light' | 'dark';

interface Colours {
  readonly text: string;
  readonly faint: string;
  readonly bars: readonly string[];
}

const colours: Readonly<Record<Scheme, Colours>> = {
  light: {
    text: '#1f2328',
    faint: '#59636e',
    bars: ['#8c959f', '#bf8700', '#8250df', '#4ac26b', '#2da44e', '#116329'],
  },
  dark: {
    text: '#f0f6fc',
    faint: '#9198a1',
    bars: ['#6e7681', '#d29922', '#a371f7', '#196c2e', '#2ea043', '#7ee787'],
  },
};

const WIDTH = 840;
const LABELS = 310;
const VALUES = 80;
const BAR = 13;
const GAP = 12;
const KEYS_PER_LINE = 3;
const KEYS = 56;

/** Horizontal bars, grouped; the background is left to the page. */
export function drawBars(bars: Bars, scheme: Scheme): string {
  const { text, faint } = colours[scheme];
  const groupHeight = bars.series.length * BAR + GAP;
  const top = KEYS + 20 * Math.ceil(bars.series.length / KEYS_PER_LINE) + 10;
  const height = top + bars.groups.length * groupHeight;
  const most = Math.max(...bars.groups.flatMap(({ values }) => values), 0);
  const body = bars.groups.flatMap((group, index) => {
    const y = top + index * groupHeight;
    const middle = y + (bars.series.length * BAR) / 2 + 4;
    const label = `<text x="${LABELS - 10}" y="${middle}" text-anchor="end" fill="${text}">${escape(group.name)}</text>`;
    return [
      label,
      ...group.values.map((value, bar) => drawBar(bars, scheme, value, most, bar, y + bar * BAR)),
    ];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="system-ui, sans-serif" font-size="12" role="img">`,
    `<title>${escape(bars.title)}</title>`,
    `<text x="0" y="18" font-size="16" font-weight="600" fill="${text}">${escape(bars.title)}</text>`,
    `<text x="0" y="38" fill="${faint}">${escape(bars.subtitle)}</text>`,
    ...bars.series.map((name, index) => drawKey(scheme, name, index)),
    ...body,
    '</svg>',
    '',
  ].join('\n');
}

function drawBar(bars: Bars, scheme: Scheme, value: number, most: number, index: number, y: number): string {
  const length = Math.max(1, (WIDTH - LABELS - VALUES) * part(value, most, bars.logarithmicFrom));
  const { faint } = colours[scheme];
  const x = LABELS + length;
  return (
    `<rect x="${LABELS}" y="${y}" width="${length.toFixed(1)}" height="${BAR - 2}" rx="2" fill="${colourOf(scheme, index)}"/>` +
    `<text x="${(x + 5).toFixed(1)}" y="${y + BAR - 3}" font-size="10" fill="${faint}">${escape(bars.format(value))}</text>`
  );
}

function drawKey(scheme: Scheme, name: string, index: number): string {
  const x = (WIDTH / KEYS_PER_LINE) * (index % KEYS_PER_LINE);
  const y = KEYS + 20 * Math.floor(index / KEYS_PER_LINE);
  const { text } = colours[scheme];
  return (
    `<rect x="${x}" y="${y}" width="11" height="11" rx="2" fill="${colourOf(scheme, index)}"/>` +
    `<text x="${x + 16}" y="${y + 10}" fill="${text}">${escape(name)}</text>`
  );
}

function part(value: number, most: number, from: number | undefined): number {
  if (value <= 0 || most <= 0) return 0;
  if (from === undefined) return value / most;
  return Math.max(0, Math.log(value / from) / Math.log(most / from));
}

function colourOf(scheme: Scheme, index: number): string {
  return colours[scheme].bars[index] ?? colours[scheme].faint;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
