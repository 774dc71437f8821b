/** Several tracers as one: the first that can tell is believed, in the order in which they are given. */
import { notTold } from './agent-object.ts';
import type { Trace, Tracer } from './port.ts';

export function createTracer(tracers: readonly Tracer[]): Tracer {
  return {
    isClaimed: workload => tracers.some(tracer => tracer.isClaimed(workload)),

    async trace(workload): Promise<Trace> {
      const whys: string[] = [];
      for (const tracer of tracers.filter(each => each.isClaimed(workload))) {
        const trace = await tracer.trace(workload);
        if (trace.told) return trace;
        whys.push(trace.why);
      }
      if (whys.length > 0) return notTold(whys.join(', and '));
      return notTold(`nothing on ${workload.kind} ${workload.name} tells where its manifests are`);
    },

    async nudge(workload, now) {
      for (const tracer of tracers.filter(each => each.isClaimed(workload)))
        await tracer.nudge(workload, now);
    },
  };
}
