/** A throw-away certificate authority and the certificates that it signs, made by the openssl command. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.ts';

export type CertificateRequest = {
  name: string;
  commonName: string;
  organization?: string;
  /** DNS names and IP addresses of a server; without any, the certificate is for a client. */
  hosts?: string[];
};

export type KeyPair = { certFile: string; keyFile: string };

const newKey = ['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

function pairIn(folder: string, name: string): KeyPair {
  return { certFile: join(folder, `${name}.crt`), keyFile: join(folder, `${name}.key`) };
}

export async function createAuthority(folder: string, commonName: string): Promise<KeyPair> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const authority = pairIn(folder, 'ca');
  if (existsSync(authority.certFile)) return authority;
  await run('openssl', [
    ...newKey,
    '-x509',
    '-days',
    '3650',
    '-subj',
    `/CN=${commonName}`,
    '-addext',
    'keyUsage=critical,keyCertSign,cRLSign',
    '-keyout',
    authority.keyFile,
    '-out',
    authority.certFile,
  ]);
  return authority;
}

export async function issueCertificate(folder: string, request: CertificateRequest): Promise<KeyPair> {
  const { name, commonName, organization, hosts = [] } = request;
  const pair = pairIn(folder, name);
  const authority = pairIn(folder, 'ca');
  const names = hosts.map(host => (/^[0-9.]+$/.test(host) ? `IP:${host}` : `DNS:${host}`));
  const extensions = [
    'basicConstraints=CA:FALSE',
    'keyUsage=critical,digitalSignature',
    `extendedKeyUsage=${names.length > 0 ? 'serverAuth,clientAuth' : 'clientAuth'}`,
    ...(names.length > 0 ? [`subjectAltName=${names.join(',')}`] : []),
  ];
  const extensionFile = join(folder, `${name}.ext`);
  writeFileSync(extensionFile, `${extensions.join('\n')}\n`);
  const subject = `${organization === undefined ? '' : `/O=${organization}`}/CN=${commonName}`;
  const signingRequest = await run('openssl', [...newKey, '-subj', subject, '-keyout', pair.keyFile]);
  const signing = ['x509', '-req', '-CA', authority.certFile, '-CAkey', authority.keyFile, '-days', '3650'];
  const serial = `0x${[...crypto.getRandomValues(new Uint8Array(8))].map(byte => byte.toString(16).padStart(2, '0')).join('')}`;
  await run(
    'openssl',
    [...signing, '-set_serial', serial, '-extfile', extensionFile, '-out', pair.certFile],
    {
      input: signingRequest.stdout,
    },
  );
  return pair;
}

/** The key with which the API server signs the tokens of ServiceAccounts. */
export async function createSigningKey(folder: string): Promise<{ privateFile: string; publicFile: string }> {
  const privateFile = join(folder, 'service-accounts.key');
  const publicFile = join(folder, 'service-accounts.pub');
  if (!existsSync(publicFile)) {
    await run('openssl', ['ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', privateFile]);
    await run('openssl', ['ec', '-in', privateFile, '-pubout', '-out', publicFile]);
  }
  return { privateFile, publicFile };
}
