import { expect, it } from 'vitest';
import { nextOpening, type Window } from './windows.ts';

const every = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const office = {
  days: ['Mon', 'Tue', 'Wed', 'Thu', 'Fri'],
  from: '09:00',
  to: '16:00',
  timeZone: 'Europe/Paris',
};

function daily(from: string, to: string, timeZone: string): Window {
  return { days: every, from, to, timeZone };
}

function opening(windows: readonly Window[], now: string): string {
  return new Date(nextOpening(windows, Date.parse(now))).toISOString().replace('.000', '');
}

it.each<[string, Window[], string, string]>([
  ['without windows it is always open', [], '2026-01-05T03:00:00Z', '2026-01-05T03:00:00Z'],
  ['within', [office], '2026-01-05T08:30:00Z', '2026-01-05T08:30:00Z'],
  ['at its beginning', [office], '2026-01-05T08:00:00Z', '2026-01-05T08:00:00Z'],
  ['at its end it is closed', [office], '2026-01-05T15:00:00Z', '2026-01-06T08:00:00Z'],
  ['before', [office], '2026-01-05T07:59:59Z', '2026-01-05T08:00:00Z'],
  ['over the weekend', [office], '2026-01-09T15:00:01Z', '2026-01-12T08:00:00Z'],
  ['in summer an hour earlier', [office], '2026-07-06T06:00:00Z', '2026-07-06T07:00:00Z'],
  ['over the change to summer time', [office], '2026-03-27T16:00:00Z', '2026-03-30T07:00:00Z'],
  ['over the change to winter time', [office], '2026-10-23T16:00:00Z', '2026-10-26T08:00:00Z'],
  ['over midnight, late', [daily('22:00', '02:00', 'UTC')], '2026-01-05T23:00:00Z', '2026-01-05T23:00:00Z'],
  ['over midnight, early', [daily('22:00', '02:00', 'UTC')], '2026-01-05T01:59:00Z', '2026-01-05T01:59:00Z'],
  ['over midnight, closed', [daily('22:00', '02:00', 'UTC')], '2026-01-05T02:00:00Z', '2026-01-05T22:00:00Z'],
  [
    'only on the day on which it began',
    [{ ...daily('22:00', '02:00', 'UTC'), days: ['Mon'] }],
    '2026-01-05T01:00:00Z',
    '2026-01-05T22:00:00Z',
  ],
  [
    'the earliest of several',
    [office, daily('18:00', '19:00', 'UTC')],
    '2026-01-05T16:00:00Z',
    '2026-01-05T18:00:00Z',
  ],
  [
    'far from UTC',
    [daily('08:00', '09:00', 'Pacific/Kiritimati')],
    '2026-01-05T17:00:00Z',
    '2026-01-05T18:00:00Z',
  ],
  [
    'by quarters of an hour',
    [daily('08:00', '09:00', 'Asia/Kathmandu')],
    '2026-01-05T01:00:00Z',
    '2026-01-05T02:15:00Z',
  ],
  // On 2026-03-08 New York's clock goes from 02:00 to 03:00, on 2026-11-01 from 02:00 to 01:00.
  [
    'a beginning that the clock leaves out',
    [daily('02:30', '05:00', 'America/New_York')],
    '2026-03-08T06:00:00Z',
    '2026-03-08T07:30:00Z',
  ],
  [
    'a window that the clock leaves out',
    [daily('02:00', '03:00', 'America/New_York')],
    '2026-03-08T06:30:00Z',
    '2026-03-09T06:00:00Z',
  ],
  [
    'a beginning that the clock shows twice',
    [daily('01:30', '04:00', 'America/New_York')],
    '2026-11-01T05:00:00Z',
    '2026-11-01T05:30:00Z',
  ],
  [
    'an end that the clock shows twice',
    [daily('00:30', '01:30', 'America/New_York')],
    '2026-11-01T06:15:00Z',
    '2026-11-01T06:15:00Z',
  ],
  [
    'days away',
    [{ ...office, days: ['Sun'], timeZone: 'UTC' }],
    '2026-01-05T00:00:00Z',
    '2026-01-11T09:00:00Z',
  ],
])('%s', (_name, windows, now, expected) => {
  expect(opening(windows, now)).toBe(expected);
});
