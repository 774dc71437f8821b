/** Conditions of all kinds, in the form that kubectl wait, kstatus and Flagger's users read. */
import { z } from 'zod';
import { filled, list, text, timestamp } from './fields.ts';
import { statusLimits } from './status-limits.ts';

export const Condition = z.object({
  type: filled(316).describe('Name of the condition.'),
  status: z.enum(['True', 'False', 'Unknown']).describe('Whether it holds.'),
  reason: text(256).describe('One word for programs.'),
  message: text(statusLimits.message).describe('One sentence for people.'),
  lastTransitionTime: timestamp().describe('When `status` changed last.'),
  lastUpdateTime: timestamp().exactOptional().describe('When the condition was written last.'),
  observedGeneration: z
    .int()
    .min(0)
    .exactOptional()
    .describe('The generation of the spec that it speaks of.'),
});
export type Condition = z.infer<typeof Condition>;

export const Conditions = list(Condition, 16).meta({
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['type'],
});
