/** One run's story by the audit log: when the target changed, when it was scaled, when its pods were ready, when weights were written. */
import { type ApiRequest, type AuditLog, isUpkeep, isWrite } from './audit-log.ts';
import type { History, RouteVersion } from './history.ts';

export interface WeightWrite {
  readonly canaryWeight: number;
  readonly receivedAt: number;
  readonly answeredAt: number;
}

export interface Timeline {
  /** The change of the target was stored. */
  readonly changedAt: number;
  /** What the API server itself took for that: the measure for how slow the machine was just then. */
  readonly changeTookMs: number;
  readonly scaledAt: number | undefined;
  /** The status that says that all pods are ready was stored. */
  readonly readyAt: number | undefined;
  readonly weights: readonly WeightWrite[];
}

export interface Actors {
  readonly operator: string;
  /** Whoever changes targets. */
  readonly user: string;
  /** Whoever writes the status of Deployments. */
  readonly controller: string;
}

/** From its making on, everything that the API server was asked. */
export class Recording {
  private readonly start: number;
  private readonly before: ReadonlyMap<string, number>;
  private readonly audit: AuditLog;
  private readonly history: History;
  private readonly actors: Actors;

  constructor(audit: AuditLog, history: History, actors: Actors, names: readonly string[]) {
    this.audit = audit;
    this.history = history;
    this.actors = actors;
    this.start = audit.end();
    this.before = new Map(names.map(name => [name, history.weights(name).at(-1)?.generation ?? 0]));
  }

  /** Whether the canary had traffic since; it need not have it any more. */
  hadCanaryTraffic(name: string): boolean {
    return this.versionsOf(name).some(({ canaryWeight }) => canaryWeight > 0);
  }

  /** The operator's own requests, without those for its lease and its watches. */
  async operatorRequests(): Promise<ApiRequest[]> {
    const requests = await this.audit.since(this.start);
    return requests.filter(request => request.user === this.actors.operator && !isUpkeep(request));
  }

  async timelines(): Promise<ReadonlyMap<string, Timeline>> {
    const byName = Map.groupBy((await this.audit.since(this.start)).filter(isWrite), ({ name }) => name);
    return new Map([...this.before.keys()].map(name => [name, this.timeline(name, byName.get(name) ?? [])]));
  }

  private timeline(name: string, writes: readonly ApiRequest[]): Timeline {
    const { operator, user, controller } = this.actors;
    const of = (who: string, resource: string, subresource = '') =>
      writes.filter(
        write => write.user === who && write.resource === resource && write.subresource === subresource,
      );
    const change = of(user, 'deployments')[0];
    if (change === undefined) throw new Error(`${name}: the audit log has no change of the target`);
    const changedAt = change.answeredAt;
    const weights = this.weightsOf(name, of(operator, 'httproutes'));
    const firstWeightAt = weights.find(({ canaryWeight }) => canaryWeight > 0)?.receivedAt;
    const statuses = of(controller, 'deployments', 'status');
    // The watch may tell the operator of a change before its request is answered.
    const scaledAt = of(operator, 'deployments').find(
      ({ receivedAt }) => receivedAt > change.receivedAt,
    )?.answeredAt;
    const readyAt = statuses.findLast(
      ({ receivedAt }) => firstWeightAt === undefined || receivedAt < firstWeightAt,
    );
    return {
      changedAt,
      changeTookMs: changedAt - change.receivedAt,
      scaledAt,
      readyAt: readyAt?.answeredAt,
      weights,
    };
  }

  private versionsOf(name: string): RouteVersion[] {
    const before = this.before.get(name) ?? 0;
    return this.history.weights(name).filter(({ generation }) => generation > before);
  }

  /** The log holds no bodies; but each write makes the route's next version, and the watch told every version. */
  private weightsOf(name: string, writes: readonly ApiRequest[]): WeightWrite[] {
    const versions = this.versionsOf(name);
    if (versions.length !== writes.length) {
      throw new Error(
        `${name}: ${writes.length} writes of the route made ${versions.length} versions; weights cannot be told`,
      );
    }
    return writes.map(({ receivedAt, answeredAt }, index) => ({
      canaryWeight: versions[index]?.canaryWeight ?? 0,
      receivedAt,
      answeredAt,
    }));
  }
}
