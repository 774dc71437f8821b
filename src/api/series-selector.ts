/** Choices of series that people write in a Canary. */
import { z } from 'zod';
import { filled } from './fields.ts';

/** A selector without function and window; `what` it chooses is told in the reference. */
export function selector(what: string) {
  return filled(2048)
    .regex(
      /^[a-zA-Z_:][a-zA-Z0-9_:]*(\{[^\n]*\})?$/,
      'must be one PromQL series selector, a metric with labels in braces, without a function and without a window',
    )
    .describe(`PromQL series selector of ${what}, such as \`orders_total{version="canary"}\`.`);
}

/** The same of either side. */
export const bySide = <T extends z.ZodType>(arm: T) =>
  z.object({
    canary: arm.describe('Of the canary.'),
    primary: arm.describe('Of the primary.'),
  });
