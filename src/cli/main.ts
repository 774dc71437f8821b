#!/usr/bin/env node
/** The command line's entry: hands the process to `run`. */
import { systemClock } from '../runtime/clock.ts';
import { run } from './run.ts';

process.exitCode = await run({
  args: process.argv.slice(2),
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  clock: systemClock,
  random: Math.random,
});
