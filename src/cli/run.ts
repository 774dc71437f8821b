/** The command line: arguments in, exit code out. */
import { Command, CommanderError } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import type { Clock } from '../runtime/port.ts';
import { createRedactor } from '../runtime/redact.ts';
import { addAnalyze } from './analyze-command.ts';
import { type ExitCode, exitCodes, failureOf } from './failure.ts';
import { addPlan } from './plan-command.ts';
import { createTerminal, plain, type Stream } from './terminal.ts';

export interface Invocation {
  /** Without the program's own name. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly clock: Clock;
  /** From 0 to just below 1. */
  readonly random: () => number;
}

const help = `
Exit codes: 0 done; 1 something could not be read or reached; 2 wrong usage;
3 a check fails now; 5 no check fails, but not every one could be decided.`;

/** Never rejects. */
export async function run({ args, env, stdout, stderr, clock, random }: Invocation): Promise<ExitCode> {
  const redactor = createRedactor();
  const terminal = createTerminal({ stdout, stderr, env, redactor });
  let code: ExitCode = exitCodes.ok;
  const program = new Command('siskin')
    .description('Progressive delivery that repairs Git: questions about a Canary, answered from here.')
    .version(packageJson.version)
    .exitOverride()
    .configureOutput({
      writeOut: text => terminal.print(text.trimEnd()),
      writeErr: text => terminal.tell(text.trimEnd()),
    })
    .addHelpText('after', help);
  const surroundings = {
    env,
    clock,
    random,
    terminal,
    redactor,
    end: (result: ExitCode) => {
      code = result;
    },
  };
  addPlan(program, surroundings);
  addAnalyze(program, surroundings);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    const failure = failureOf(error);
    terminal.tell(`error: ${plain(failure.message)}`);
    return failure.code;
  }
}
