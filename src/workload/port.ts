/** The workload port: the target which the user owns, the primary which Siskin owns, and their three Services. */

/** The Canary an object belongs to; owner references and messages are made from it. */
export interface CanaryRef {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface Metadata {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What the adapter needs to know of a Canary's spec; all defaults filled in. */
export interface WorkloadIntent {
  readonly canary: CanaryRef;
  readonly target: { readonly kind: string; readonly name: string };
  /** Label keys by which Services select pods, in order of preference (`app`, `name`, `app.kubernetes.io/name`). */
  readonly selectorLabels: readonly string[];
  readonly service: ServiceIntent;
  /** Percent of the wanted pods that must be available. */
  readonly readyThreshold: { readonly primary: number; readonly canary: number };
}

export interface ServiceIntent {
  /** The apex Service's name; primary and canary add `-primary` and `-canary`. */
  readonly name: string;
  readonly port: number;
  readonly portName: string;
  readonly targetPort: number | string;
  readonly appProtocol?: string;
  readonly portDiscovery: boolean;
  readonly headless: boolean;
  readonly trafficDistribution?: string;
  readonly apex: Metadata;
  readonly primary: Metadata;
  readonly canary: Metadata;
  readonly unmanagedMetadata?: {
    readonly labels?: readonly string[];
    readonly annotations?: readonly string[];
  };
}

export type PodTemplate = Readonly<Record<string, unknown>>;

export interface Readiness {
  /** As many pods as the threshold asks for are available at the observed generation, and none of an older template is left. */
  readonly ready: boolean;
  /** At least one pod is available, of whatever template: the side may carry traffic. A write moments ago does not change that. */
  readonly available: boolean;
  /** The workload's own controller gave up (`ProgressDeadlineExceeded`). */
  readonly deadlineExceeded: boolean;
  /** For people: "1 of 2 pods available". */
  readonly message: string;
}

/** The one label by which the Services tell the two sides apart: `value` on the target's pods, `<value>-primary` on the primary's. */
export interface SelectorLabel {
  readonly label: string;
  readonly value: string;
}

export interface PodSet {
  readonly uid: string;
  readonly generation: number;
  readonly resourceVersion: string;
  /** Wanted replicas. */
  readonly replicas: number;
  /** The pod template as the API server returns it. */
  readonly template: PodTemplate;
  /** Container images in the template, by container name. */
  readonly images: Readonly<Record<string, string>>;
  readonly readiness: Readiness;
  /** Annotations of the workload object (not of its pods). */
  readonly annotations: Readonly<Record<string, string>>;
  /** Labels of the workload object (not of its pods). */
  readonly labels?: Readonly<Record<string, string>>;
  /** How its pods are selected; undefined when no wanted label is in its selector. */
  readonly selector?: SelectorLabel;
  /** How its pods are replaced (strategy, deadlines, history), which the primary copies together with the template. */
  readonly rollout?: Readonly<Record<string, unknown>>;
}

export interface WorkloadView {
  readonly target?: PodSet;
  readonly primary?: PodSet & {
    /** The revision that Siskin wrote last, from the annotation `siskin.dev/revision`. */
    readonly revision?: string;
    /** The revision whose template is kept, so that `restorePrimary` can give it back. */
    readonly previous?: string;
  };
  /** The primary's template is the target's, but for what Siskin changes in it. */
  readonly primaryMatchesTarget: boolean;
  /** False while a Service is missing or differs from what `applyServices` would write for this apex direction. */
  readonly servicesReady: { readonly backends: boolean; readonly apexToPrimary: boolean };
  /** What keeps the Canary from working until somebody acts: `TargetMissing`, `SelectorLabelMissing`, `PrimaryForeign`, … */
  readonly problem?: { readonly reason: string; readonly message: string };
}

/**
 * One adapter per kind of target. `observe` reads caches only. Every write is conditional or a server-side apply of
 * owned fields, and writing what already holds makes no request.
 */
export interface Workload {
  observe(intent: WorkloadIntent): WorkloadView;
  /** What the status of the primary's running pods names as their images, by container: with the registry's digest where the runtime tells it. Asks the API server. */
  runningImages(intent: WorkloadIntent): Promise<Readonly<Record<string, readonly string[]>>>;
  /** `<name>-primary` and `<name>-canary`; with `apex`, also the apex Service, turned to the primary (adopting an existing one). */
  applyServices(intent: WorkloadIntent, options: { apex: boolean }): Promise<void>;
  /** Creates `<target>-primary` from the target's template with the target's replicas (1 when it has none). */
  createPrimary(intent: WorkloadIntent, target: PodSet, revision: string): Promise<void>;
  /**
   * Promotion: writes exactly this template and revision to the primary; its replicas stay whoever scales it. What it had
   * is kept with it where that is the `promoted` revision.
   */
  writePrimary(
    intent: WorkloadIntent,
    from: PodSet,
    what: { readonly revision: string; readonly promoted: string },
  ): Promise<void>;
  /** Gives the primary back exactly the template that it keeps of this revision. Rejects with `PreviousMissing` where it keeps none. */
  restorePrimary(intent: WorkloadIntent, revision: string): Promise<void>;
  /** Conditional on the target's uid and generation in `target`; writes `spec.replicas` and nothing else. Rejects with a conflict. */
  scaleTarget(intent: WorkloadIntent, target: PodSet, replicas: number): Promise<void>;
  /**
   * Before the Canary goes, once the target serves: turns the apex Service back to the target and lets go of it, so that
   * garbage collection leaves it. Missing objects are fine; without a target our own Service is left to go with the Canary.
   */
  releaseServices(intent: WorkloadIntent): Promise<void>;
}
