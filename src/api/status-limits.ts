/** How much a status may hold; who writes it cuts to these, because the API server refuses a status which exceeds them. */

export const statusLimits = {
  /** Characters of a sentence for people or of an error. */
  message: 4096,
  /** Steps of a run. */
  steps: 30,
  quarantine: 10,
  notifications: 10,
  outbox: 50,
  /** Paths in a rollback. */
  files: 100,
  /** Containers whose images are recorded. */
  images: 64,
  trackedConfigs: 256,
} as const;
