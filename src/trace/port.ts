/** The trace port: where in Git a workload comes from, as the GitOps agent that applied it, or whoever stamped it, says. */

/** A workload as it is in the cluster. */
export interface AppliedWorkload {
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * High: the agent confirms that it applied this workload, and all of it comes from these paths. Medium: parts of it come
 * from elsewhere, or nobody confirms the claim. Low: it was found by looking.
 */
export type Confidence = 'High' | 'Medium' | 'Low';

/** One place that a workload is made from. */
export interface TracedSource {
  /** URL of the repository as it is told; may hold a user and a password, so it is never shown. Undefined: whichever the Canary names. */
  readonly url?: string;
  /** Undefined: the repository's own. */
  readonly branch?: string;
  /** Relative to the root of the repository, '' is the root; the first is the workload's own, the others are shared with it. */
  readonly paths: readonly [string, ...string[]];
  /** Full object name of the commit whose contents the workload was made from. Undefined: the branch's head. */
  readonly commit?: string;
  readonly confidence: Confidence;
  /** For people: "Kustomization flux-system/apps at main@sha1:…". */
  readonly evidence: string;
}

/** What is told. It is a claim: the ManifestRepository decides what may be written, whatever is said here. */
export interface Told {
  readonly told: true;
  readonly sources: readonly [TracedSource, ...TracedSource[]];
}

export interface NotTold {
  readonly told: false;
  /** For people, as the second half of a sentence. */
  readonly why: string;
}

export type Trace = Told | NotTold;

export interface Tracer {
  /** Whether somebody says of this workload where it comes from; asks nobody. */
  isClaimed(workload: AppliedWorkload): boolean;
  /** Asks the API server for the agent's objects. Rejects as the API client does where that may help later. */
  trace(workload: AppliedWorkload): Promise<Trace>;
  /** Asks the agent to look at the repository now; does nothing where no agent applied the workload. Rejects as the API client does. */
  nudge(workload: AppliedWorkload, now: number): Promise<void>;
}
