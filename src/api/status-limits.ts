/**
 * How much a status may hold. Who writes it cuts to these, because the API server refuses a status which exceeds them;
 * together they keep the largest status, in characters of three bytes, below what etcd stores as one object (1.5 MB).
 */

export const statusLimits = {
  /** Characters of any message, reason or error. */
  message: 1024,
  /** Steps of a run. */
  steps: 30,
  quarantine: 10,
  /** Pushed reverts whose time is kept. */
  reverts: 50,
  notifications: 10,
  outbox: 40,
  /** Paths beside the workload's own that its manifests are made from. */
  also: 16,
  /** Paths in a rollback. */
  files: 50,
  /** Targets of a promotion to the next environment. */
  promotions: 8,
  /** Paths in a promotion. */
  promotionFiles: 3,
  /** Containers whose images are recorded. */
  images: 32,
  trackedConfigs: 256,
  /** Checks of evidence. */
  checks: 16,
  /** Characters of a check's state: counts, evidence and boundary. */
  checkState: 512,
} as const;
