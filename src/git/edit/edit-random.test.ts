import {
  type Arbitrary,
  assert,
  boolean,
  constantFrom,
  nat,
  oneof,
  property,
  record,
  uniqueArray,
} from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { editYaml, type YamlEdit } from './edit.ts';

const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const mark = '\u0001';

/** Whatever people put into such files: what stands around the value must come out byte by byte. */
const beside = constantFrom(
  ['# a comment: with a colon'],
  ['', ''],
  ['note: |', '  newTag: 9.9.9', '', '   # not a comment'],
  ['folded: >-', '  some text', '  image: x:1'],
  ['"quoted": "a \\"b\\" \\u00e9" # end'],
  ["single: 'it''s'"],
  ['base: &base', '    a: 1', '    b: [x,   y]', 'other:', '  <<: *base'],
  ['one: &one 1', 'two: *one'],
  ['flow: { a: b,c: [ d , e ] }'],
  ['wide:', '        deep:', '            - x', '            -   y: z'],
  ['plain: this is', '  over two lines'],
  ['😀: “ünïcödé”'],
  ['tabs: x\t\t# after tabs'],
  ['long: ' + 'word '.repeat(40) + 'end'],
  ['? complex', ': value'],
  ['empty:', 'nothing: ~'],
  ['number: 010', 'hex: 0x1F', 'date: 2024-01-01', 'yes: no'],
);

const scalar = constantFrom('1.0.0', '"1.0.0"', "'1.0.0'", '1.10', 'true', '""', '~', 'null');
const tail = constantFrom('', '   ', ' # {"$imagepolicy": "flux-system:app:tag"}', '\t# tab');
const wanted = constantFrom(
  '2.0.0',
  '1.10',
  'v2',
  'main-1a2b3c4-1700000000',
  '20240101',
  'on',
  '0x10',
  '1e3',
  '1_000',
);

const target: Arbitrary<{
  lines: string[];
  edit: (value: string) => YamlEdit;
  path: (string | number)[];
}> = oneof(
  record({
    indent: constantFrom('', '  ', '      '),
    dash: constantFrom('- ', '-   '),
    after: tail,
    first: boolean(),
    old: scalar,
  }).map(({ indent, dash, after, first, old }) => {
    const pad = indent + ' '.repeat(dash.length);
    const [name, tag] = ['name: ghcr.io/acme/app', `newTag: ${mark}${old}${mark}${after}`];
    return {
      lines: [
        'images:',
        `${indent}- name: other`,
        `${indent}  newTag: 1.0.0`,
        `${indent}${dash}${first ? tag : name}`,
        '',
        `${pad}# within`,
        `${pad}newName: mirror/app`,
        `${pad}${first ? name : tag}`,
      ],
      edit: (value: string): YamlEdit => ({
        kind: 'kustomize',
        image: 'ghcr.io/acme/app',
        version: { tag: value },
      }),
      path: ['images', 1, 'newTag'],
    };
  }),
  record({ after: tail, old: scalar, space: constantFrom('', ' ') }).map(({ after, old, space }) => ({
    lines: [
      `images: [{${space}name: x${space}}, {name: ghcr.io/acme/app, newTag: ${mark}${old}${mark}${space}}]${after}`,
    ],
    edit: (value: string): YamlEdit => ({
      kind: 'kustomize',
      image: 'ghcr.io/acme/app',
      version: { tag: value },
    }),
    path: ['images', 1, 'newTag'],
  })),
  record({ after: tail, old: scalar, indent: constantFrom('  ', '    ') }).map(({ after, old, indent }) => ({
    lines: [
      'image:',
      `${indent}repository: ghcr.io/acme/app`,
      `${indent}# the version`,
      `${indent}"tag":   ${mark}${old}${mark}${after}`,
      `${indent}pullPolicy: Always`,
    ],
    edit: (value: string): YamlEdit => ({ kind: 'value', key: 'image.tag', value }),
    path: ['image', 'tag'],
  })),
  record({ after: tail, quote: constantFrom('', '"', "'"), list: constantFrom('', '  ') }).map(
    ({ after, quote, list }) => ({
      lines: [
        'kind: Deployment',
        'metadata: {name: app, labels: {x: y}}',
        'spec:',
        '  template:',
        '    spec:',
        '      containers:',
        `      ${list}- name: side`,
        `      ${list}  image: side:1`,
        `      ${list}- image: ${quote}ghcr.io/acme/app:${mark}1.0.0${mark}${quote}${after}`,
        `      ${list}  name: main`,
      ],
      edit: (value: string): YamlEdit => ({
        kind: 'container',
        objectKind: 'Deployment',
        name: 'app',
        container: 'main',
        version: { tag: value },
      }),
      path: ['spec', 'template', 'spec', 'containers', 1, 'image'],
    }),
  ),
);

const file = record({
  blocks: uniqueArray(beside, { maxLength: 7, selector: lines => lines.join() }),
  split: nat(7),
  target,
  value: wanted,
  lineEnd: constantFrom('\n', '\r\n'),
  bom: boolean(),
  lastBreak: boolean(),
  others: constantFrom('none', 'before', 'after'),
});

describe('any file', () => {
  it(`keeps every byte but those of the value (seed ${seed})`, () => {
    let edited = 0;
    assert(
      property(
        file,
        ({ blocks, split, target: { lines, edit, path }, value, lineEnd, bom, lastBreak, others }) => {
          const document = [...blocks.slice(0, split).flat(), ...lines, ...blocks.slice(split).flat()];
          const foreign = ['kind: Foreign', 'data:', '  tag: 1.0.0'];
          const all =
            others === 'none'
              ? document
              : others === 'before'
                ? [...foreign, '---', ...document]
                : [...document, '---', ...foreign];
          const text = (bom ? '\uFEFF' : '') + all.join(lineEnd) + (lastBreak ? lineEnd : '');
          const [prefix = '', old = '', suffix = ''] = text.split(mark);
          const source = prefix + old + suffix;

          const outcome = editYaml(Buffer.from(source), edit(value));
          expect(outcome).toMatchObject({ ok: true });
          if (!outcome.ok) return;
          const result = outcome.bytes.toString();
          expect(result.startsWith(prefix) && result.endsWith(suffix)).toBe(true);
          const middle = result.slice(prefix.length, result.length - suffix.length);
          const quote = /^["']/u.exec(old)?.[0];
          expect(quote === undefined ? [value, `"${value}"`] : [`${quote}${value}${quote}`]).toContain(
            middle,
          );
          const read = parseAllDocuments(result)[others === 'before' ? 1 : 0];
          const whole = path.at(-1) === 'image' ? `ghcr.io/acme/app:${value}` : value;
          expect(read?.getIn(path)).toBe(whole);
          const older = parseAllDocuments(result, { version: '1.1' })[others === 'before' ? 1 : 0];
          expect(older?.getIn(path)).toBe(whole);
          edited += 1;
        },
      ),
      { seed, numRuns: 1_100 },
    );
    expect(edited).toBeGreaterThanOrEqual(1_000);
  }, 60_000);
});
