/** The router for blue/green without a gateway or mesh: there is no route, users reach the primary through the apex Service. */
import type { Router } from './port.ts';

export function createKubernetesRouter(): Router {
  return {
    observe: () => ({ accepted: true, current: true }),
    apply: () => Promise.resolve(),
    release: () => Promise.resolve(),
    controllerName: () => undefined,
  };
}
