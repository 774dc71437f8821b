/** One operation at a time per key, in the order of arrival. */

export type Exclusively = <T>(key: string, operation: () => Promise<T>) => Promise<T>;

export function createMutex(): Exclusively {
  const tails = new Map<string, Promise<unknown>>();
  return async (key, operation) => {
    const before = tails.get(key) ?? Promise.resolve();
    // A failed operation must not fail those behind it.
    const mine = before.then(operation, operation);
    tails.set(key, mine);
    try {
      return await mine;
    } finally {
      if (tails.get(key) === mine) tails.delete(key);
    }
  };
}
