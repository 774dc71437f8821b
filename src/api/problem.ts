/** What is wrong with an object, one line per problem: the field, and how to put it right. */
import type { z } from 'zod';

export interface Problem {
  /** Path of the field, such as `spec.analysis.metrics[0].name`. */
  readonly field: string;
  /** What to write instead. Never the value that was written: it may be a secret in the wrong place. */
  readonly message: string;
}

/** A wrong object can be wrong in thousands of places; nobody reads more than these. */
const mostProblems = 20;

function fieldOf(path: readonly PropertyKey[]): string {
  let field = '';
  for (const part of path) {
    if (typeof part === 'number') field += `[${part}]`;
    else field += field === '' ? String(part) : `.${String(part)}`;
  }
  return field === '' ? 'object' : field;
}

function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') {
    const expected = issue.expected === 'int' ? 'whole number' : issue.expected;
    return issue.input === undefined ? 'must be set' : `must be of type ${expected}`;
  }
  if (issue.code === 'invalid_value') {
    if (issue.input === undefined) return 'must be set';
    return `must be one of ${issue.values.map(value => JSON.stringify(value)).join(', ')}`;
  }
  if (issue.code === 'too_big') return `must be at most ${issue.maximum}${unitOf(issue.origin)}`;
  if (issue.code === 'too_small') return `must be at least ${issue.minimum}${unitOf(issue.origin)}`;
  return issue.message;
}

function unitOf(origin: string): string {
  if (origin === 'string') return ' characters long';
  return origin === 'array' ? ' items long' : '';
}

export function problemsOf(issues: readonly z.core.$ZodIssue[]): Problem[] {
  return issues
    .slice(0, mostProblems)
    .map(issue => ({ field: fieldOf(issue.path), message: messageOf(issue) }));
}
