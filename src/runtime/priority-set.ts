/** Waiting keys, each once, taken by priority and then in order of arrival. */

/** A small integer; higher goes first. */
export type Priority = number;

export class PrioritySet {
  private readonly priorities = new Map<string, Priority>();
  private readonly levels = new Map<Priority, Set<string>>();

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

  /** Removes and answers the first of the highest priority. */
  take(): { key: string; priority: Priority } | undefined {
    if (this.priorities.size === 0) return undefined;
    const highest = [...this.levels].filter(([, keys]) => keys.size > 0).map(([priority]) => priority);
    const priority = Math.max(...highest);
    for (const key of this.levels.get(priority) ?? []) {
      this.levels.get(priority)?.delete(key);
      this.priorities.delete(key);
      return { key, priority };
    }
    return undefined;
  }

  clear(): void {
    this.priorities.clear();
    this.levels.clear();
  }
}
