/** Decides which addresses that tenants name the operator may connect to, on every resolved IP at the moment of connecting. */
import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import { BlockList, isIP, isIPv6, type LookupFunction } from 'node:net';
import { HttpError } from './error.ts';

/** Entries: an IP, a CIDR range, a host name, or `*.suffix`. `deny` wins over `allow`. */
export interface AddressPolicy {
  /** Opens what is refused by default: loopback, link-local, metadata services, the API server's names, and `refuse`. */
  readonly allow?: readonly string[];
  /** Refused by default too: what only this installation knows, such as the API server's address. */
  readonly refuse?: readonly string[];
  /** Closes more, for example the API server's address or the node network. */
  readonly deny?: readonly string[];
}

export interface AddressGuard {
  /** Throws `HttpError` (`forbiddenAddress`) for a name or literal IP that is refused whatever it resolves to. */
  checkHost(hostname: string): void;
  /** For agents: resolves, and fails unless every address is allowed. Literal IPs never reach it, hence `checkHost`. */
  readonly lookup: LookupFunction;
}

type Resolve = (hostname: string, done: (error: Error | null, addresses: LookupAddress[]) => void) => void;

const resolveAll: Resolve = (hostname, done) => systemLookup(hostname, { all: true }, done);

const refusedNames = [
  'metadata',
  'metadata.google.internal',
  '*.metadata.google.internal',
  'metadata.goog',
  'instance-data',
  'instance-data.ec2.internal',
  'localhost',
  '*.localhost',
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
];

const refusedRanges = [
  '0.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '224.0.0.0/4',
  '240.0.0.0/4',
  // Metadata services outside the link-local range: Alibaba, Azure, Oracle, AWS over IPv6.
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  'fd00:ec2::254',
  // Unspecified, loopback and the old IPv4-compatible form.
  '::/96',
  'fe80::/10',
  'ff00::/8',
];

/** Forms of IPv6 that carry an IPv4 address to which the packet goes in the end: the index of its first 16-bit group. */
const embeddings = [
  { list: rangesOf(['::ffff:0:0/96', '64:ff9b::/96']), group: 6 },
  { list: rangesOf(['2002::/16']), group: 1 },
];

/** Builds the guard. Throws on an entry of the policy that is neither name, IP nor range. */
export function createAddressGuard(policy: AddressPolicy, resolve: Resolve = resolveAll): AddressGuard {
  const allow = matcherOf(policy.allow ?? []);
  const deny = matcherOf(policy.deny ?? []);
  const refused = matcherOf([...refusedNames, ...refusedRanges, ...(policy.refuse ?? [])]);

  function checkName(host: string): void {
    if (deny.name(host) || (refused.name(host) && !allow.name(host))) throw forbidden(host);
  }

  function checkIp(host: string, ip: string): void {
    for (const form of [ip, ...embedded(ip)]) {
      if (contains(deny.ip, form)) throw forbidden(host);
      if (contains(refused.ip, form) && !contains(allow.ip, form) && !allow.name(host)) throw forbidden(host);
    }
  }

  return {
    checkHost(hostname) {
      const host = canonical(hostname);
      if (isIP(host) === 0) checkName(host);
      else checkIp(host, host);
    },
    lookup(hostname, options, callback) {
      resolve(hostname, (error, addresses) => {
        try {
          if (error !== null) throw error;
          const host = canonical(hostname);
          checkName(host);
          for (const { address } of addresses) checkIp(host, address);
        } catch (refusal) {
          callback(refusal instanceof Error ? refusal : new Error(String(refusal)), '');
          return;
        }
        const [first] = addresses;
        if (first === undefined) callback(new HttpError('network', `${hostname}: host name not found`), '');
        else if (options.all === true) callback(null, addresses);
        else callback(null, first.address, first.family);
      });
    },
  };
}

/** Parses an `http(s)` URL without user info. Throws `HttpError` (`invalid`) whose message does not repeat the text. */
export function parseHttpUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null) throw new HttpError('invalid', 'the address is not a URL');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new HttpError('invalid', 'the address must begin with http:// or https://');
  }
  if (url.username !== '' || url.password !== '') {
    throw new HttpError('invalid', 'the address holds user info; put credentials into the Secret');
  }
  return url;
}

function forbidden(host: string): HttpError {
  return new HttpError('forbiddenAddress', `${host}: an address that tenants may not name`);
}

/** Lower case, without brackets and trailing dots; URL parsing has turned decimal and octal IPs into dotted ones already. */
function canonical(hostname: string): string {
  return hostname
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.+$/, '');
}

function contains(list: BlockList, ip: string): boolean {
  return list.check(ip, isIPv6(ip) ? 'ipv6' : 'ipv4');
}

function embedded(ip: string): string[] {
  if (!isIPv6(ip)) return [];
  return embeddings.filter(({ list }) => contains(list, ip)).map(({ group }) => ipv4At(ip, group));
}

function ipv4At(ip: string, group: number): string {
  // A URL's host is the one place in the platform that expands `::` and dotted tails into hexadecimal groups.
  const text = new URL(`http://[${ip.replace(/%.*$/, '')}]/`).hostname.slice(1, -1);
  const [head = '', tail] = text.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
  const [high = 0, low = 0] = groups.slice(group, group + 2).map(each => Number.parseInt(each, 16));
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

function isRange(entry: string): boolean {
  return isIP(entry.split('/')[0] ?? '') !== 0;
}

function matcherOf(entries: readonly string[]): { name: (host: string) => boolean; ip: BlockList } {
  const names = entries.filter(entry => !isRange(entry));
  for (const name of names) {
    if (!/^(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*$/i.test(name)) {
      throw new Error(`address policy: '${name}' is neither a host name, an IP nor a range`);
    }
  }
  return { name: nameMatcher(names), ip: rangesOf(entries.filter(isRange)) };
}

function nameMatcher(names: readonly string[]): (host: string) => boolean {
  const lower = names.map(name => name.toLowerCase());
  const exact = new Set(lower.filter(name => !name.startsWith('*.')));
  const suffixes = lower.filter(name => name.startsWith('*.')).map(name => name.slice(1));
  return host => exact.has(host) || suffixes.some(suffix => host.endsWith(suffix));
}

function rangesOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [ip = '', prefix] = range.split('/');
    const family = isIPv6(ip) ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(ip, family);
    else list.addSubnet(ip, Number(prefix), family);
  }
  return list;
}
