/** The message's shape, and Slack's published limits for it. */
import { describe, expect, it } from 'vitest';
import { messageBlocks, messageText, stepBlocks } from './blocks.ts';
import type { RunMessage } from './port.ts';

const rolledBack: RunMessage = {
  severity: 'error',
  canary: { namespace: 'shop', name: 'podinfo' },
  target: 'Deployment/podinfo',
  cluster: 'prod-eu',
  title: 'Rolled back podinfo',
  text: 'request-success-rate was 92.1, below 99, in 3 checks',
  fromImages: ['ghcr.io/acme/podinfo:6.1.0'],
  toImages: ['ghcr.io/acme/podinfo:6.2.0'],
  weight: 30,
  check: { name: 'request-success-rate', value: '92.1', limit: '>= 99' },
  commit: { id: 'a'.repeat(40), url: 'https://git.example/acme/manifests/commit/aaaa' },
  steps: [],
};

describe('messageBlocks', () => {
  it('says what, the why unchanged, versions, weight, check and revert', () => {
    expect(messageBlocks(rolledBack)).toEqual([
      { type: 'header', text: { type: 'plain_text', text: '🔴 Rolled back podinfo', emoji: false } },
      {
        type: 'section',
        text: {
          type: 'plain_text',
          text: 'request-success-rate was 92.1, below 99, in 3 checks',
          emoji: false,
        },
      },
      {
        type: 'section',
        fields: [
          { type: 'plain_text', text: 'Version\npodinfo 6.1.0 → 6.2.0', emoji: false },
          { type: 'plain_text', text: 'Weight reached\n30 %', emoji: false },
          {
            type: 'plain_text',
            text: 'Check\nrequest-success-rate: 92.1 (limit &gt;= 99)',
            emoji: false,
          },
        ],
      },
      {
        type: 'section',
        text: {
          type: 'mrkdwn',
          text: 'Git revert <https://git.example/acme/manifests/commit/aaaa|aaaaaaaaaa>',
          verbatim: true,
        },
      },
      {
        type: 'context',
        elements: [{ type: 'plain_text', text: 'prod-eu · shop/podinfo · Deployment/podinfo', emoji: false }],
      },
    ]);
  });

  it('shows a commit without a usable link as text only', () => {
    const blocks = messageBlocks({ ...rolledBack, commit: { id: '*x*', url: 'http://git.example/' } });
    expect(blocks[3]).toEqual({
      type: 'section',
      text: { type: 'plain_text', text: 'Git revert *x*', emoji: false },
    });
  });

  it('stays within the limits when every text is far too long', () => {
    const long = '<'.repeat(10_000);
    const images = Array.from({ length: 40 }, (_, index) => `a/${index}${'x'.repeat(500)}:1`);
    const blocks = messageBlocks({
      ...rolledBack,
      title: long,
      text: long,
      cluster: long,
      target: long,
      toImages: images,
      check: { name: long, value: long, limit: long },
      commit: { id: long },
    });
    expect(blocks.length).toBeLessThanOrEqual(50);
    for (const block of blocks) {
      if (block.type === 'header') {
        expect(block.text.text.length).toBeLessThanOrEqual(150);
      } else if ('fields' in block) {
        expect(block.fields.length).toBeLessThanOrEqual(10);
        expect(Math.max(...block.fields.map(field => field.text.length))).toBeLessThanOrEqual(2000);
      } else if (block.type === 'section') {
        expect(block.text.text.length).toBeLessThanOrEqual(3000);
      }
    }
    expect(messageText({ ...rolledBack, text: long }).length).toBeLessThanOrEqual(3000);
  });

  it('leaves out what the run does not know yet', () => {
    const { weight: _, check: __, commit: ___, cluster: ____, ...known } = rolledBack;
    const blocks = messageBlocks({ ...known, fromImages: [], toImages: [], text: ' ' });
    expect(blocks.map(block => block.type)).toEqual(['header', 'context']);
  });
});

describe('messageText', () => {
  it('stands alone and cannot mention anybody', () => {
    expect(messageText({ ...rolledBack, severity: 'warn', text: '<!channel> & <@U1>' })).toBe(
      '🟠 shop/podinfo: Rolled back podinfo\n&lt;!channel&gt; &amp; &lt;@U1&gt;',
    );
  });
});

describe('stepBlocks', () => {
  it('shows the time in the reader’s zone and the step as plain text', () => {
    expect(stepBlocks([{ at: Date.UTC(2030, 0, 2, 3, 4, 5, 678), text: '<b>10 %' }])).toEqual([
      {
        type: 'context',
        elements: [
          { type: 'mrkdwn', text: '<!date^1893553445^{time_secs}|03:04:05 UTC>', verbatim: true },
          { type: 'plain_text', text: '&lt;b&gt;10 %', emoji: false },
        ],
      },
    ]);
  });

  it('survives a time that is none, and an empty text', () => {
    expect(stepBlocks([{ at: Number.NaN, text: '' }])).toEqual([
      { type: 'context', elements: [{ type: 'plain_text', text: ' ', emoji: false }] },
    ]);
  });
});
