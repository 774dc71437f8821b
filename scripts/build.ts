/** Bundles the operator and the command line, each into a single file that needs no node_modules. */
import { rm } from 'node:fs/promises';
import { build } from 'esbuild';

await rm('dist', { recursive: true, force: true });
await build({
  entryPoints: { main: 'src/main.ts', siskin: 'src/cli/main.ts' },
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
