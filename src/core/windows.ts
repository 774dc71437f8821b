/** Time windows on the clock of a time zone: when the next one opens, summer time followed. */

export interface Window {
  /** `Mon` to `Sun`. */
  readonly days: readonly string[];
  /** `HH:MM`. */
  readonly from: string;
  /** `HH:MM`; on the next day where it is earlier than `from`. */
  readonly to: string;
  /** IANA name. */
  readonly timeZone: string;
}

const dayMs = 86_400_000;
const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** `now` where it lies within a window or there is none, else when the next one opens; milliseconds since the epoch. */
export function nextOpening(windows: readonly Window[], now: number): number {
  const openings = windows.map(window => openingOf(window, now));
  return openings.length === 0 ? now : Math.min(...openings);
}

function openingOf(window: Window, now: number): number {
  const today = Math.floor((now + offsetAt(window.timeZone, now)) / dayMs);
  // From yesterday, whose window may reach into today, to the same day of the next week and the one after a leap over it.
  for (let day = today - 1; day <= today + 8; day += 1) {
    if (!window.days.includes(weekdays[new Date(day * dayMs).getUTCDay()] ?? '')) continue;
    const from = day * dayMs + timeOfDay(window.from);
    const to = day * dayMs + timeOfDay(window.to) + (window.to <= window.from ? dayMs : 0);
    const opens = instantOf(window.timeZone, from, 'earlier');
    const closes = instantOf(window.timeZone, to, 'later');
    if (now < closes && opens < closes) return Math.max(now, opens);
  }
  return now + 7 * dayMs;
}

function timeOfDay(text: string): number {
  const [hours = 0, minutes = 0] = text.split(':').map(Number);
  return (hours * 60 + minutes) * 60_000;
}

/**
 * The instant at which the zone's clock shows `wall` (ms, as if it were UTC). A time that the clock shows twice is taken as
 * asked for; one that it leaves out is moved on by as much as the clock is.
 */
function instantOf(timeZone: string, wall: number, twice: 'earlier' | 'later'): number {
  const candidates = [wall - dayMs, wall + dayMs].map(near => wall - offsetAt(timeZone, near));
  const shown = candidates.filter(instant => instant + offsetAt(timeZone, instant) === wall);
  if (shown.length === 0) return candidates[0] ?? wall;
  return twice === 'earlier' ? Math.min(...shown) : Math.max(...shown);
}

/** What the zone's clock is ahead of UTC at an instant, in milliseconds. */
function offsetAt(timeZone: string, instant: number): number {
  const parts = formatOf(timeZone).formatToParts(instant);
  const number = (type: string) => Number(parts.find(part => part.type === type)?.value);
  const wall = Date.UTC(
    number('year'),
    number('month') - 1,
    number('day'),
    number('hour'),
    number('minute'),
    number('second'),
  );
  return wall - Math.floor(instant / 1_000) * 1_000;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Making one takes a thousand times longer than using it. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formats.set(timeZone, format);
  return format;
}
