/** The tree of a parsed metric template. */
import type { Position } from './template-lexer.ts';

export type Expression =
  | { readonly kind: 'literal'; readonly value: string | number | boolean | undefined; readonly at: Position }
  | { readonly kind: 'dot'; readonly at: Position }
  | { readonly kind: 'variable'; readonly name: string; readonly at: Position }
  | {
      readonly kind: 'fields';
      readonly of: Expression;
      readonly path: readonly string[];
      readonly at: Position;
    }
  | {
      readonly kind: 'call';
      readonly name: string;
      readonly args: readonly Expression[];
      readonly at: Position;
    };

/** `declares`: `$x := …` binds, `$x = …` assigns. */
export interface Pipeline {
  readonly variables: readonly string[];
  readonly declares: boolean;
  readonly value: Expression;
}

export type Node =
  | { readonly kind: 'text'; readonly text: string; readonly at: Position }
  | { readonly kind: 'print'; readonly pipeline: Pipeline; readonly at: Position }
  | {
      readonly kind: 'if' | 'range';
      readonly pipeline: Pipeline;
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
      readonly at: Position;
    };
