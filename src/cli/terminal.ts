/** What the command line writes: results to stdout, progress and errors to stderr, nothing that could steer a terminal. */
import { styleText } from 'node:util';
import { escapeControls, type Redactor } from '../runtime/redact.ts';

export interface Stream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

export interface TerminalOptions {
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly redactor: Redactor;
}

export type Tone = 'good' | 'bad' | 'unsure' | 'quiet' | 'strong';

export interface Terminal {
  /** One line, or several; colours may be in it. */
  print(text: string): void;
  printJson(value: unknown): void;
  /** On stderr. */
  tell(text: string): void;
  paint(tone: Tone, text: string): string;
}

const styles = { good: 'green', bad: 'red', unsure: 'yellow', quiet: 'gray', strong: 'bold' } as const;

export function createTerminal({ stdout, stderr, env, redactor }: TerminalOptions): Terminal {
  const isColoured = wantsColour(stdout, env);
  return {
    print: text => void stdout.write(`${redactor.redact(text)}\n`),
    printJson: value => void stdout.write(`${redactor.redact(JSON.stringify(value, null, 2))}\n`),
    tell: text => void stderr.write(`${redactor.redact(text)}\n`),
    paint: (tone, text) => (isColoured ? styleText(styles[tone], text, { validateStream: false }) : text),
  };
}

/** See no-color.org: any value but an empty one counts. */
function wantsColour(stdout: Stream, env: TerminalOptions['env']): boolean {
  if ((env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb') return false;
  return stdout.isTTY === true || (env['FORCE_COLOR'] ?? '0') !== '0';
}

/** Text from the cluster or a server, on one line and without control characters. */
export function plain(text: string): string {
  return escapeControls(text.replace(/\s+/g, ' ').trim());
}
