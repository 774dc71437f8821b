import { expect, it } from 'vitest';
import { CanaryPromotion } from './promotion.ts';

function problems(target: object): string[] {
  const whole = {
    name: 'p',
    repositoryRef: { name: 'm' },
    updates: [{ yaml: { path: 'a', key: 'b' } }],
    ...target,
  };
  return CanaryPromotion.safeParse([whole]).error?.issues.map(({ message }) => message) ?? [];
}

function zone(timeZone: string): string[] {
  return problems({ windows: [{ from: '09:00', to: '10:00', timeZone }] });
}

function from(text: string): string[] {
  return problems({ windows: [{ from: text, to: '10:00' }] });
}

it.each(['image.tag', 'a[0]', '[0].a', 'a[0][1]', 'a["b.c/d"].e', '["a"]', 'größe'])(
  'takes the key %j',
  key => {
    expect(problems({ updates: [{ yaml: { path: 'a', key } }] })).toEqual([]);
  },
);

it.each(['', '.', 'a.', '.a', 'a..b', 'a[x]', 'a[0', 'a b', 'a["b', 'a["b\n"]', 'a]'])(
  'refuses the key %j',
  key => {
    expect(problems({ updates: [{ yaml: { path: 'a', key } }] })).not.toEqual([]);
  },
);

it('takes time zones of the IANA database only', () => {
  expect(['UTC', 'Europe/Paris', 'America/Argentina/Ushuaia'].flatMap(zone)).toEqual([]);
  expect(zone('Europe/Atlantis')).toEqual(['must be a time zone of the IANA database, such as Europe/Paris']);
  expect(zone('../etc')).not.toEqual([]);
});

it('takes times of a day only', () => {
  expect(['00:00', '23:59'].flatMap(from)).toEqual([]);
  expect(['24:00', '9:00', '09:60', '09:00:00', ''].map(text => from(text).length > 0)).not.toContain(false);
});
