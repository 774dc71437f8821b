/** The trace port: where in Git a workload comes from, as the GitOps agent that applied it says. */

/** A workload as it is in the cluster. */
export interface AppliedWorkload {
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** What the agent says. It is a claim: the ManifestRepository decides what may be written, whatever is said here. */
export interface Told {
  readonly told: true;
  /** URL of the repository as the agent has it; may hold a user and a password, so it is never shown. */
  readonly url: string;
  readonly branch: string;
  /** Relative to the root of the repository; '' is the root. */
  readonly path: string;
  /** Full object name of the commit whose contents the workload was made from. */
  readonly commit: string;
  /** Medium where parts of what was applied do not come from this path. */
  readonly confidence: 'High' | 'Medium';
  /** For people: "Kustomization flux-system/apps at main@sha1:…". */
  readonly evidence: string;
}

export interface NotTold {
  readonly told: false;
  /** For people, as the second half of a sentence. */
  readonly why: string;
}

export type Trace = Told | NotTold;

export interface Tracer {
  /** Whether an agent says that it applied this workload; asks nobody. */
  isClaimed(workload: AppliedWorkload): boolean;
  /** Asks the API server for the agent's objects. Rejects as the API client does where that may help later. */
  trace(workload: AppliedWorkload): Promise<Trace>;
  /** Asks the agent to look at the repository now; does nothing where no agent applied the workload. Rejects as the API client does. */
  nudge(workload: AppliedWorkload, now: number): Promise<void>;
}
