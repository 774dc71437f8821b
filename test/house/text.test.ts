/** What every file of the repository must and must not contain. */
import { posix } from 'node:path';
import { expect, it } from 'vitest';
import config from '../../vitest.config.ts';
import { isTest, linesMatching, textOf, trackedFiles } from './files.ts';

const all = trackedFiles();
const typescript = all.filter(path => /^(?:src|test|scripts)\/.*\.ts$/u.test(path));
const tests = typescript.filter(isTest);
const sources = typescript.filter(path => !isTest(path));

function linesOf(path: string): number {
  return (textOf(path) ?? '').trimEnd().split('\n').length;
}

it('names no path of somebody’s machine', () => {
  expect(linesMatching(all, /(?<![\w})\].-])\/(?:work|home|Users|root)\/[\w.-]/u)).toEqual([]);
});

it('names no package registry: which one is used is each machine’s own affair', () => {
  const setting = /\b(?:registry|GOPROXY|index-url)\s*[=:]\s*["']?https?:/iu;
  const host =
    /\b(?:registry\.npmjs\.org|registry\.yarnpkg\.com|npm\.pkg\.github\.com|proxy\.golang\.org)\b/u;
  expect(linesMatching(all, setting)).toEqual([]);
  expect(linesMatching(all, host)).toEqual([]);
  expect(linesMatching(['package-lock.json'], /"resolved":/u)).toEqual([]);
});

it('opens every source with its purpose', () => {
  expect(sources.filter(path => !/^(?:#!.*\n)?\/\*\*[\s*]+[A-Z`'"]/u.test(textOf(path) ?? ''))).toEqual([]);
});

it('keeps sources within 300 lines; tables of test cases may be longer', () => {
  expect(sources.filter(path => path.startsWith('src/') && linesOf(path) > 300)).toEqual([]);
});

it('runs every test: none is singled out, skipped or promised', () => {
  const modifier = /\b(?:it|test|describe|suite)(?:\.\w+)*\.(?:only|skip|skipIf|runIf|todo|fails)\b/u;
  expect(linesMatching(tests, modifier)).toEqual([]);
  expect(linesMatching(tests, /\b(?:xit|xdescribe|fit|fdescribe)\(|\b(?:ctx|context)\.skip\(/u)).toEqual([]);
});

it('has a tier for every test file', () => {
  const tiers = (config.test?.projects ?? []).flatMap(project =>
    typeof project === 'object' && 'test' in project ? (project.test?.include ?? []) : [],
  );
  expect(tiers).not.toEqual([]);
  expect(tests.filter(path => tiers.filter(glob => posix.matchesGlob(path, glob)).length !== 1)).toEqual([]);
});

it('leaves no note to do something later', () => {
  expect(linesMatching(typescript, /\b(?:TO[D]O|FIX[M]E|XX[X])\b/u)).toEqual([]);
});

it('prints nothing but log lines', () => {
  const silent = sources.filter(
    path => path.startsWith('src/') && !path.startsWith('src/cli/') && !/\/generate[^/]*\.ts$/u.test(path),
  );
  expect(linesMatching(silent, /\bconsole\.\w+\(/u)).toEqual([]);
});
