/** The demonstration's voice: chapters with the time since the start, indented lines below them, and claims that must be true. */

const started = Date.now();
const isTerminal = process.stdout.isTTY;

function style(code: string, text: string): string {
  return isTerminal ? `\u001b[${code}m${text}\u001b[0m` : text;
}

function clock(): string {
  const seconds = Math.floor((Date.now() - started) / 1_000);
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
}

function write(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function chapter(title: string): void {
  write('');
  write(`${style('2', clock())}  ${style('1', title)}`);
}

export function say(line: string): void {
  write(`${style('2', clock())}    ${line}`);
}

/** Something shown as it is: a command's output, a commit, a message. */
export function show(text: string, mark = '│'): void {
  for (const line of text.trimEnd().split('\n')) write(`${' '.repeat(9)}${style('2', mark)} ${line}`);
}

export function command(line: string): void {
  write(`${' '.repeat(9)}${style('36', `$ ${line}`)}`);
}

/** Long sentences at a width that people read. */
export function wrapped(text: string, width = 96): string {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const last = lines.length - 1;
    const joined = `${lines[last] ?? ''}${lines[last] === '' ? '' : ' '}${word}`;
    if (joined.length > width && lines[last] !== '') lines.push(word);
    else lines[last] = joined;
  }
  return lines.join('\n');
}

/** Thrown where the story would tell something that did not happen. */
class Untrue extends Error {}

export function claim(isTrue: boolean, what: string): asserts isTrue {
  if (!isTrue) throw new Untrue(`The story is not true: ${what}`);
}
