import { expect, it } from 'vitest';
import { createRedactor } from '../runtime/redact.ts';
import { table } from './table.ts';
import { createTerminal, plain } from './terminal.ts';

function painted(env: Record<string, string>, isTTY: boolean): boolean {
  const stream = { isTTY, write: () => true };
  const terminal = createTerminal({ stdout: stream, stderr: stream, env, redactor: createRedactor() });
  return terminal.paint('bad', 'x') !== 'x';
}

it.each([
  [{}, true, true],
  [{}, false, false],
  [{ NO_COLOR: '1' }, true, false],
  [{ NO_COLOR: '' }, true, true],
  [{ NO_COLOR: '1', FORCE_COLOR: '1' }, false, false],
  [{ FORCE_COLOR: '1' }, false, true],
  [{ TERM: 'dumb', FORCE_COLOR: '1' }, true, false],
])('colours with %j on a terminal (%s): %s', (env, isTTY, expected) => {
  expect(painted(env, isTTY)).toBe(expected);
});

it('lets nothing from a remote side steer the terminal', () => {
  expect(plain('a\u001b[2Jb\r\nc\u202e\u0007')).toBe(String.raw`a\u001b[2Jb c\u202e\u0007`);
});

it('writes no secret that is known', () => {
  const redactor = createRedactor();
  redactor.hide(['hunter22']);
  const written: string[] = [];
  const stream = { write: (text: string) => written.push(text) };
  const terminal = createTerminal({ stdout: stream, stderr: stream, env: {}, redactor });
  terminal.print('a hunter22');
  terminal.tell('b hunter22');
  terminal.printJson({ c: 'hunter22' });
  expect(written).toEqual(['a ***\n', 'b ***\n', '{\n  "c": "***"\n}\n']);
});

it('aligns columns by what is seen of them, and leaves no space at the end of a line', () => {
  const colour = '\u001b[31mno\u001b[39m';
  expect(
    table(
      ['A', 'BCD', 'E'],
      [
        [colour, '1', 'x'],
        ['longer', '2', ''],
      ],
    ),
  ).toBe(`A       BCD  E\n${colour}      1    x\nlonger  2`);
});
