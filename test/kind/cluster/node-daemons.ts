/** Configuration of what runs on the cluster's one node: containerd, kubelet, kube-proxy and the pods' network. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cgroupRootName } from './cgroups.ts';
import { dnsAddress, podSubnet } from './network.ts';

export const nodeName = 'siskin';
export const pauseImage = 'siskin.dev/pause:v1';

export function containerdSocket(folder: string): string {
  return join(folder, 'containerd.sock');
}

export function writeContainerdConfig(folder: string): string {
  const networkFolder = join(folder, 'cni');
  mkdirSync(networkFolder, { recursive: true });
  const podNetwork = {
    cniVersion: '0.4.0',
    name: 'siskin',
    plugins: [
      {
        // Each pod on a link of its own: everything is routed, so Services work without bridge filtering in the kernel.
        type: 'ptp',
        ipMasq: true,
        ipam: {
          type: 'host-local',
          ranges: [[{ subnet: podSubnet }]],
          routes: [{ dst: '0.0.0.0/0' }],
          dataDir: join(folder, 'cni-addresses'),
        },
      },
    ],
  };
  writeFileSync(join(networkFolder, '10-siskin.conflist'), JSON.stringify(podNetwork));
  const config = join(folder, 'containerd.toml');
  writeFileSync(
    config,
    `version = 2
root = "${join(folder, 'containerd')}"
state = "/run/siskin-containerd"
[grpc]
  address = "${containerdSocket(folder)}"
[plugins."io.containerd.internal.v1.opt"]
  path = "${join(folder, 'containerd-opt')}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  # Without CAP_SYS_RESOURCE no pod could start otherwise.
  restrict_oom_score_adj = true
  disable_apparmor = true
  tolerate_missing_hugetlb_controller = true
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "/usr/lib/cni"
  conf_dir = "${networkFolder}"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  SystemdCgroup = false
`,
  );
  return config;
}

export function kubeletArguments(
  folder: string,
  options: { cluster: string; kubeconfig: string; caFile: string; nodeAddress: string },
): string[] {
  const resolvConf = join(folder, 'resolv.conf');
  writeFileSync(resolvConf, '# pods ask the cluster, and the cluster asks nobody\n');
  const config = {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: options.caFile },
    },
    authorization: { mode: 'Webhook' },
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${cgroupRootName(options.cluster)}`,
    failCgroupV1: false,
    failSwapOn: false,
    enforceNodeAllocatable: [],
    // A test machine's disk is as full as it is; evicting pods for it would only make tests flaky.
    evictionHard: {
      'nodefs.available': '0%',
      'nodefs.inodesFree': '0%',
      'imagefs.available': '0%',
      'memory.available': '0%',
    },
    imageGCHighThresholdPercent: 100,
    containerRuntimeEndpoint: `unix://${containerdSocket(folder)}`,
    clusterDNS: [dnsAddress],
    clusterDomain: 'cluster.local',
    resolvConf,
    serializeImagePulls: false,
    volumePluginDir: join(folder, 'volume-plugins'),
    oomScoreAdj: 0,
  };
  const file = join(folder, 'kubelet.json');
  writeFileSync(file, JSON.stringify(config, null, 2));
  return [
    `--config=${file}`,
    `--kubeconfig=${options.kubeconfig}`,
    `--root-dir=${join(folder, 'kubelet')}`,
    `--cert-dir=${join(folder, 'kubelet-pki')}`,
    `--hostname-override=${nodeName}`,
    `--node-ip=${options.nodeAddress}`,
  ];
}

export function proxyArguments(folder: string, kubeconfig: string): string[] {
  const config = {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'iptables',
    clientConnection: { kubeconfig },
    clusterCIDR: podSubnet,
    hostnameOverride: nodeName,
    conntrack: { maxPerCore: 0, min: 0 },
    iptables: { minSyncPeriod: '0s' },
    oomScoreAdj: 0,
  };
  const file = join(folder, 'kube-proxy.json');
  writeFileSync(file, JSON.stringify(config, null, 2));
  return [`--config=${file}`];
}
