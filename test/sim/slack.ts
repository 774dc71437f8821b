/** A stand-in for Slack behind the notifier port: it may be down, hang until the deadline, or ask to be left alone for a while. */
import { NotifyError } from '../../src/notify/errors.ts';
import type { Notifier } from '../../src/notify/port.ts';
import type { Gate, Life } from './gate.ts';
import type { World } from './world.ts';

export interface Slack {
  mode: 'up' | 'down' | 'hang' | 'limited' | 'denied';
  notifier(gate: Gate, life: Life): Notifier;
}

const deadlineMs = 10_000;

export function createSlack(world: World): Slack {
  let posted = 0;

  async function deliver(): Promise<void> {
    if (slack.mode === 'down')
      throw new NotifyError('Slack cannot be reached', { code: 'Unreachable', transient: true });
    if (slack.mode === 'denied')
      throw new NotifyError('Slack refused the token', { code: 'AuthenticationFailed', transient: false });
    if (slack.mode === 'limited')
      throw new NotifyError('Slack asks to wait', {
        code: 'RateLimited',
        transient: true,
        retryAfterMs: 30_000,
      });
    if (slack.mode === 'hang') {
      await new Promise<void>(resolve => {
        world.clock.after(deadlineMs, resolve);
      });
      throw new NotifyError('Slack gave no answer', { code: 'Unreachable', transient: true });
    }
  }

  const slack: Slack = {
    mode: 'up',
    notifier: (gate, life) => ({
      send: (_provider, message, thread) =>
        gate.pass({ what: `slack ${message.title}`, mutates: true, remote: true }, async () => {
          const told = { type: 'alert', title: message.title, operator: life.operator } as const;
          try {
            await deliver();
          } catch (error) {
            world.record({ ...told, at: world.clock.now(), delivered: false });
            throw error;
          }
          world.record({ ...told, at: world.clock.now(), delivered: true });
          posted += 1;
          return thread === undefined
            ? { channel: 'C1', ts: `${posted}.0`, steps: message.steps.length }
            : { ...thread, steps: message.steps.length };
        }),
    }),
  };
  return slack;
}
