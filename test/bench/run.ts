/** `make bench`: measures, prints the table; exit code 1 when something could not be measured, never for being slow. */
import { writeFileSync } from 'node:fs';
import { measureCluster } from './cluster.ts';
import { measureControlPlane } from './control-plane.ts';
import { measureEvidence } from './evidence.ts';
import { measureGit } from './git.ts';
import { load, machine, type Results, table } from './report.ts';
import { readSettings } from './settings.ts';

const settings = readSettings(process.argv.slice(2));
if (typeof settings === 'string') {
  process.stdout.write(`${settings}\n`);
  process.exit(0);
}
const loadBefore = load();
const parts: { title: string; results: Results }[] = [];
if (settings.controlPlane) {
  parts.push({ title: 'Control plane without nodes', results: await measureControlPlane(settings) });
}
if (settings.evidence) {
  parts.push({ title: 'Judging by evidence', results: await measureEvidence(settings.judged) });
}
if (settings.git) parts.push({ title: 'Git, large and far away', results: await measureGit(settings) });
if (settings.cluster > 0) {
  parts.push({ title: 'Cluster with real pods', results: await measureCluster(settings) });
}

const text = [
  `Measured ${new Date().toISOString().slice(0, 10)} on ${machine()}.`,
  `Load of the machine (1, 5 and 15 minutes) before: ${loadBefore}; after: ${load()}.`,
  ...parts.flatMap(({ title, results }) => [`\n${title}\n`, table(results.figures)]),
].join('\n');
process.stdout.write(`${text}\n`);
if (settings.output !== undefined) writeFileSync(settings.output, `${text}\n`);
const missing = parts.flatMap(({ results }) => results.missing);
for (const { metric, why } of missing) process.stderr.write(`✗ not measured: ${metric}: ${why}\n`);
process.exit(missing.length > 0 ? 1 : 0);
