/** A ManifestRepository as its host's API sees it, and what a Canary may do there. */
import type { ManifestRepositorySpec } from '../api/manifest-repository.ts';
import { detectProvider } from '../forge/address.ts';
import type { ForgeAccess, ForgeProvider } from '../forge/port.ts';
import type { GitSettings } from './spec-model.ts';

type Spec = Pick<ManifestRepositorySpec, 'url' | 'provider' | 'apiUrl'>;

/** Undefined where the host is none that is known and the object does not say. */
export function providerOf({ url, provider }: Spec): ForgeProvider | undefined {
  return provider ?? detectProvider(url);
}

/** Undefined where there is no API to ask. */
export function forgeAccess(
  name: string,
  spec: Spec,
  secret: ForgeAccess['secret'],
): ForgeAccess | undefined {
  const provider = providerOf(spec);
  if (provider === undefined) return undefined;
  const { url, apiUrl } = spec;
  return {
    name,
    url,
    provider,
    secret,
    ...(apiUrl === undefined ? {} : { apiUrl: apiUrl.replace(/\/+$/u, '') }),
  };
}

/** The Canary's mode within what the repository allows; `Off` is refused right before the push. */
export function effectiveMode(
  { mode }: Pick<GitSettings, 'mode'>,
  spec: Pick<ManifestRepositorySpec, 'mode'>,
): GitSettings['mode'] {
  if (mode === 'Off' || mode === 'DryRun') return mode;
  if (spec.mode === 'DryRun') return 'DryRun';
  return spec.mode === 'PullRequest' ? 'PullRequest' : mode;
}
