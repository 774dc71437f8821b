/** Waiting keys, each once, taken by priority and then in order of arrival; the lower ones wait longer, but not for ever. */

/** A small integer; higher goes first. */
export type Priority = number;

/** So often a level is passed over before it has its turn: runs that fill every worker must not keep a new one from starting. */
const patience = 3;

export class PrioritySet {
  private readonly priorities = new Map<string, Priority>();
  private readonly levels = new Map<Priority, Set<string>>();
  private readonly passedOver = new Map<Priority, number>();

  get size(): number {
    return this.priorities.size;
  }

  has(key: string): boolean {
    return this.priorities.has(key);
  }

  /** Adds the key, or raises it; a lower priority than it has changes nothing. */
  add(key: string, priority: Priority): void {
    const known = this.priorities.get(key);
    if (known !== undefined && known >= priority) return;
    if (known !== undefined) this.levels.get(known)?.delete(key);
    this.priorities.set(key, priority);
    let level = this.levels.get(priority);
    if (level === undefined) {
      level = new Set();
      this.levels.set(priority, level);
    }
    level.add(key);
  }

  /** Removes and answers the first of the highest priority, or of one that was passed over too often. */
  take(): { key: string; priority: Priority } | undefined {
    const priority = this.turn();
    const level = priority === undefined ? undefined : this.levels.get(priority);
    if (priority === undefined || level === undefined) return undefined;
    for (const key of level) {
      level.delete(key);
      this.priorities.delete(key);
      return { key, priority };
    }
    return undefined;
  }

  private turn(): Priority | undefined {
    const present = [...this.levels].filter(([, keys]) => keys.size > 0).map(([priority]) => priority);
    const descending = present.toSorted((a, b) => b - a);
    const [highest, ...lower] = descending;
    const taken = lower.find(priority => (this.passedOver.get(priority) ?? 0) >= patience) ?? highest;
    for (const priority of descending) {
      const count = priority === taken ? 0 : (this.passedOver.get(priority) ?? 0) + 1;
      this.passedOver.set(priority, count);
    }
    return taken;
  }

  clear(): void {
    this.priorities.clear();
    this.levels.clear();
    this.passedOver.clear();
  }
}
