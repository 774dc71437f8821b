/** Metric templates: the part of Go's text/template that Flagger's queries use, with bounded work and output. */

import { callFunction, isTrue, shown, type TemplateValues, type Value } from './template-functions.ts';
import { type Position, TemplateError } from './template-lexer.ts';
import { parseNodes } from './template-parser.ts';
import type { Expression, Node, Pipeline } from './template-tree.ts';

export type { TemplateValues } from './template-functions.ts';
export { TemplateError } from './template-lexer.ts';

/** Bytes of a template and of what it renders to. */
const maxBytes = 16 * 1024;
/** Nodes evaluated in one rendering; ranges over variables may be nested. */
const maxSteps = 10_000;

export interface Template {
  /** Throws TemplateError, for example for a variable that is not set. */
  render(values: TemplateValues): string;
}

/** Parses once; throws TemplateError for a template that no values could render. */
export function parseTemplate(text: string): Template {
  const start = { line: 1, column: 1 };
  if (Buffer.byteLength(text) > maxBytes) {
    throw new TemplateError(start, `the template is longer than ${maxBytes / 1024} KiB: shorten it`);
  }
  const nodes = parseNodes(text);
  return { render: values => render(nodes, values) };
}

// Every pass of every Canary asks again about the same few texts, and a dense one takes a while.
const problems = new Map<string, string | undefined>();
const mostProblems = 500;

/** Why nothing could ever render this text, with the position; undefined for a template. */
export function templateProblem(text: string): string | undefined {
  if (problems.has(text)) return problems.get(text);
  const problem = findProblem(text);
  if (problems.size >= mostProblems) problems.clear();
  problems.set(text, problem);
  return problem;
}

function findProblem(text: string): string | undefined {
  try {
    parseTemplate(text);
    return undefined;
  } catch (error) {
    if (error instanceof TemplateError) return error.message;
    throw error;
  }
}

type Scope = Map<string, { value: Value }>;

function render(nodes: readonly Node[], values: TemplateValues): string {
  const parts: string[] = [];
  let bytes = 0;
  let steps = 0;
  list(nodes, new Map([['$', { value: undefined }]]), undefined);
  return parts.join('');

  function list(nodes: readonly Node[], outer: Scope, dot: Value): void {
    const scope = new Map(outer);
    for (const node of nodes) step(node, scope, dot);
  }

  function step(node: Node, scope: Scope, dot: Value): void {
    steps += 1;
    if (steps > maxSteps) throw new TemplateError(node.at, 'too many steps: range over fewer variables');
    if (node.kind === 'text') {
      write(node.text, node.at);
    } else if (node.kind === 'print') {
      const value = assigned(node.pipeline, scope, dot);
      if (node.pipeline.variables.length === 0) write(shown(value, failAt(node.at)), node.at);
    } else if (node.kind === 'if') {
      const inner = new Map(scope);
      list(isTrue(assigned(node.pipeline, inner, dot)) ? node.body : node.otherwise, inner, dot);
    } else {
      range(node, scope, dot);
    }
  }

  function range(node: Node & { kind: 'if' | 'range' }, scope: Scope, dot: Value): void {
    const over = evaluate(node.pipeline.value, scope, dot);
    if (!(over instanceof Map)) throw new TemplateError(node.at, 'range needs a map: range variables');
    if (over.size === 0) list(node.otherwise, scope, dot);
    for (const [key, value] of [...over].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const inner = new Map(scope);
      const { variables, declares } = node.pipeline;
      const bound: Value[] = variables.length === 2 ? [key, value] : [value];
      for (const [index, name] of variables.entries()) bind(inner, name, declares, bound[index]);
      list(node.body, inner, value);
    }
  }

  function write(text: string, at: Position): void {
    bytes += Buffer.byteLength(text);
    if (bytes > maxBytes) {
      throw new TemplateError(at, `renders to more than ${maxBytes / 1024} KiB: shorten the query`);
    }
    parts.push(text);
  }

  function assigned(pipeline: Pipeline, scope: Scope, dot: Value): Value {
    const value = evaluate(pipeline.value, scope, dot);
    for (const name of pipeline.variables) bind(scope, name, pipeline.declares, value);
    return value;
  }

  function evaluate(expression: Expression, scope: Scope, dot: Value): Value {
    switch (expression.kind) {
      case 'literal':
        return expression.value;
      case 'dot':
        return dot;
      case 'variable':
        return scope.get(expression.name)?.value;
      case 'fields':
        return field(evaluate(expression.of, scope, dot), expression.path, failAt(expression.at));
      case 'call':
        return call(expression, scope, dot);
      default:
        return expression satisfies never;
    }
  }

  function call({ name, args, at }: Expression & { kind: 'call' }, scope: Scope, dot: Value): Value {
    if (name !== 'and' && name !== 'or') {
      const evaluated = args.map(each => evaluate(each, scope, dot));
      return callFunction(name, evaluated, values, failAt(at));
    }
    if (args.length === 0) throw new TemplateError(at, `${name} needs at least one value`);
    let value: Value;
    for (const each of args) {
      value = evaluate(each, scope, dot);
      if (isTrue(value) === (name === 'or')) break;
    }
    return value;
  }
}

/** A declaration shadows; an assignment reaches the variable of the outer block. */
function bind(scope: Scope, name: string, declares: boolean, value: Value): void {
  const outer = scope.get(name);
  if (declares || outer === undefined) scope.set(name, { value });
  else outer.value = value;
}

function field(value: Value, path: readonly string[], fail: (problem: string) => never): Value {
  const [key = '', ...more] = path;
  if (!(value instanceof Map)) return fail(`nothing has a field .${key} but variables`);
  if (more.length > 0) return fail(`.${key} is a text and has no field .${more[0]}`);
  return value.get(key) ?? fail(`variables.${key} is not set: add ${key} to the metric's templateVariables`);
}

function failAt(at: Position): (problem: string) => never {
  return problem => {
    throw new TemplateError(at, problem);
  };
}
