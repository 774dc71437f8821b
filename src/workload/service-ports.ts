/** The ports of the three Services: the one of the spec, and those discovered in the containers. */
import type { ContainerPort, DeploymentObject } from './deployment-object.ts';
import type { ServiceIntent } from './port.ts';

export interface ServicePort {
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
  readonly targetPort?: number | string;
  readonly appProtocol?: string;
}

/** A port as it is on an existing Service. */
export interface LivePort {
  readonly name?: string | undefined;
  readonly protocol: string;
  readonly port: number;
}

const sidecars = new Set(['istio-proxy', 'envoy']);
const longestName = 63;

export function desiredPorts(service: ServiceIntent, pods: DeploymentObject | undefined): ServicePort[] {
  const first: ServicePort = {
    name: service.portName,
    protocol: 'TCP',
    port: service.port,
    targetPort: service.targetPort,
    ...(service.appProtocol === undefined ? {} : { appProtocol: service.appProtocol }),
  };
  return service.portDiscovery ? [first, ...discovered(service, pods)] : [first];
}

function discovered(service: ServiceIntent, pods: DeploymentObject | undefined): ServicePort[] {
  const taken = new Set([service.portName, `TCP/${service.port}`]);
  const found: ServicePort[] = [];
  for (const container of pods?.containers ?? []) {
    if (sidecars.has(container.name)) continue;
    for (const [index, port] of container.ports.entries()) {
      const { containerPort, protocol } = port;
      const name = port.name ?? unnamed(container.name, port, index);
      const key = `${protocol}/${containerPort}`;
      if (isServed(service, port) || taken.has(name) || taken.has(key)) continue;
      taken.add(name).add(key);
      found.push({ name, protocol, port: containerPort, targetPort: containerPort });
    }
  }
  return found;
}

/** The spec's own port leads to this container port already. */
function isServed(service: ServiceIntent, port: ContainerPort): boolean {
  return (
    port.protocol === 'TCP' &&
    (port.containerPort === service.port ||
      port.containerPort === service.targetPort ||
      (port.name !== undefined && port.name === service.targetPort))
  );
}

function unnamed(container: string, { protocol }: ContainerPort, index: number): string {
  const [head, tail] = [`${protocol.toLowerCase()}-`, `-${index}`];
  return `${head}${container.slice(0, longestName - head.length - tail.length)}${tail}`;
}

/**
 * Fits our ports into a Service that has others already and keeps them, because clients use them. The API server wants
 * every one of several ports named, and no name twice.
 */
export function besideOthers(ours: readonly ServicePort[], live: readonly LivePort[]): ServicePort[] {
  const isOurs = (port: LivePort) =>
    ours.some(own => own.port === port.port && own.protocol === port.protocol);
  const others = live.filter(port => !isOurs(port));
  const names = new Set(others.map(({ name }) => name));
  const nameless = others.filter(({ name, port }) => name === undefined || name === `port-${port}`);
  return [
    ...ours.map(port => (names.has(port.name) ? { ...port, name: `${port.name}-${port.port}` } : port)),
    ...nameless.map(({ port, protocol }) => ({ name: `port-${port}`, protocol, port })),
  ];
}
