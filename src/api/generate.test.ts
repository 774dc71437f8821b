import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { drift, generatedFiles } from './generate.ts';

it('finds crds/ and docs/reference/ as the schemas say; run node src/api/generate.ts otherwise', () => {
  expect(drift()).toEqual([]);
});

it('lists every CRD in the kustomization', () => {
  const files = generatedFiles();
  const definitions = [...files.keys()].filter(path => path.startsWith('crds/siskin.dev_'));
  const listed = parse(files.get('crds/kustomization.yaml') ?? '').resources;
  expect(definitions).toEqual(listed.map((name: string) => `crds/${name}`));
  expect(definitions).toHaveLength(4);
});

it('shows type, default and meaning of a field, and the rules', () => {
  const page = generatedFiles().get('docs/reference/canary.md');
  expect(page).toMatch(
    /^\| `spec\.analysis\.undecided\.noData\.timeLimit` \| string \| `"10m"` \| How long /m,
  );
  expect(page).toMatch('- `spec.analysis`: set exactly one of iterations, stepWeight and stepWeights.');
  expect(page).toMatch('canaries.siskin.dev');
});
