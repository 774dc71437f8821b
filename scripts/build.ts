/** Bundles the operator (and the command line, where there is one) into single files that need no node_modules. */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { build } from 'esbuild';

const entryPoints = ['src/main.ts', 'src/cli/siskin.ts'].filter(path => existsSync(path));

await rm('dist', { recursive: true, force: true });
await build({
  entryPoints: entryPoints.map(path => ({ in: path, out: path.replace(/^src\/(?:cli\/)?(.*)\.ts$/u, '$1') })),
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  // Names stay: they are what a stack trace from production shows.
  minifyWhitespace: true,
  minifySyntax: true,
  keepNames: true,
  sourcemap: 'linked',
  // The licences of what is bundled must travel with it.
  legalComments: 'linked',
  // CommonJS dependencies call require() for Node's own modules, which an ES module does not have.
  banner: {
    js: "import { createRequire as siskinRequire } from 'node:module'; const require = siskinRequire(import.meta.url);",
  },
  logLevel: 'info',
});
