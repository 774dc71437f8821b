import { describe, expect, it } from 'vitest';
import { editYaml, type Version, type YamlEdit } from './edit.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const other = `sha256:${'b'.repeat(64)}`;

function kustomize(version: Version): YamlEdit {
  return { kind: 'kustomize', image: 'ghcr.io/acme/app', version };
}

function value(key: string, text = '2.0.0'): YamlEdit {
  return { kind: 'value', key, value: text };
}

const container: YamlEdit = {
  kind: 'container',
  objectKind: 'Deployment',
  name: 'app',
  container: 'main',
  version: { tag: '2.0.0' },
};

function deployment(image: string, extra = ''): string {
  return `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app\nspec:\n  template:\n    spec:\n      containers:\n        - name: main\n          ${image}\n${extra}`;
}

function images(...lines: readonly string[]): string {
  return ['images:', ...lines, ''].join('\n');
}

describe('what is written', () => {
  it.each<[string, YamlEdit, string, string]>([
    [
      'a tag',
      kustomize({ tag: '2.0.0' }),
      images('- name: ghcr.io/acme/app', '  newTag: 1.0.0 # {"$imagepolicy": "a:b:tag"}'),
      images('- name: ghcr.io/acme/app', '  newTag: 2.0.0 # {"$imagepolicy": "a:b:tag"}'),
    ],
    [
      'the quotes stay',
      kustomize({ tag: '2.0.0' }),
      images("  - newTag: '1'", '    name: "ghcr.io/acme/app"'),
      images("  - newTag: '2.0.0'", '    name: "ghcr.io/acme/app"'),
    ],
    [
      'a new name stays',
      kustomize({ tag: '2' }),
      images('- {name: ghcr.io/acme/app, newName: mirror/app, newTag: "1"}'),
      images('- {name: ghcr.io/acme/app, newName: mirror/app, newTag: "2"}'),
    ],
    [
      'a digest',
      kustomize({ digest }),
      images(`- digest: ${other}`, '  name: ghcr.io/acme/app'),
      images(`- digest: ${digest}`, '  name: ghcr.io/acme/app'),
    ],
    [
      'both',
      kustomize({ tag: '2.0.0', digest }),
      images('- name: ghcr.io/acme/app', '  newTag: 1.0.0', `  digest: ${other}`),
      images('- name: ghcr.io/acme/app', '  newTag: 2.0.0', `  digest: ${digest}`),
    ],
    [
      'a digest beside the tag',
      kustomize({ tag: '2.0.0', digest }),
      images('-   name: ghcr.io/acme/app', '    newTag: 1.0.0 # now', '    # end'),
      images('-   name: ghcr.io/acme/app', '    newTag: 2.0.0 # now', `    digest: ${digest}`, '    # end'),
    ],
    [
      'both, where there is neither',
      kustomize({ tag: '2.0.0', digest }),
      images('- name: ghcr.io/acme/app'),
      images('- name: ghcr.io/acme/app', '  newTag: 2.0.0', `  digest: ${digest}`),
    ],
    [
      'a tag in a flow map',
      kustomize({ tag: '2.0.0' }),
      'images: [{name: ghcr.io/acme/app}]',
      'images: [{name: ghcr.io/acme/app, newTag: 2.0.0}]',
    ],
    [
      'a tag at the end without a line break',
      kustomize({ tag: '2.0.0' }),
      'images:\r\n- name: ghcr.io/acme/app',
      'images:\r\n- name: ghcr.io/acme/app\r\n  newTag: 2.0.0',
    ],
    [
      'an entry among others',
      kustomize({ tag: '2' }),
      images('- name: app', '  newTag: "1"', '- name: ghcr.io/acme/app', '  newTag: "1"'),
      images('- name: app', '  newTag: "1"', '- name: ghcr.io/acme/app', '  newTag: "2"'),
    ],
    ['text that looks like a number', value('a.b', '1.10'), 'a: {b: 1.9}', 'a: {b: "1.10"}'],
    ['text that looks like a switch', value('a', 'on'), 'a: off\n', 'a: "on"\n'],
    ['text that looks like a date', value('a', '2024-01-31'), 'a: x\n', 'a: "2024-01-31"\n'],
    ['text that looks like an octal number', value('a', '007'), 'a: x\n', 'a: "007"\n'],
    ['text that looks like a number with an exponent', value('a', '12345e7'), 'a: x\n', 'a: "12345e7"\n'],
    ['a null', value('a'), 'a: ~ # none\n', 'a: 2.0.0 # none\n'],
    ['nothing', value('a.b'), 'a:\n  b:   # none\n  c: d\n', 'a:\n  b: 2.0.0   # none\n  c: d\n'],
    ['nothing at the end', value('a'), 'a:', 'a: 2.0.0'],
    ['an item of a list', value('a[1].b'), 'a:\n- b: 1\n- b: 1\n', 'a:\n- b: 1\n- b: 2.0.0\n'],
    ['a key with dots', value('a["b.c/d"]'), 'a:\n  b.c/d: 1.0.0\n', 'a:\n  b.c/d: 2.0.0\n'],
    ['after text outside of the first plane', value('b'), 'a: 😀\nb: x\n', 'a: 😀\nb: 2.0.0\n'],
    ['an anchor that nobody uses', value('a'), 'a: &x 1.0.0\n', 'a: &x 2.0.0\n'],
    ['a tag of text', value('a', '3'), 'a: !!str 1\n', 'a: !!str "3"\n'],
    ['text over two lines', value('a'), 'a: "1\n  2"\nb: c\n', 'a: "2.0.0"\nb: c\n'],
    ['the document that has it', value('a'), 'b: c\n---\na: 1.0.0\n', 'b: c\n---\na: 2.0.0\n'],
    [
      'a container',
      container,
      deployment('image: registry:5000/acme/app:1.0.0'),
      deployment('image: registry:5000/acme/app:2.0.0'),
    ],
    [
      'a container with a digest',
      { ...container, version: { tag: '2.0.0', digest } },
      deployment('image: "acme/app"'),
      deployment(`image: "acme/app:2.0.0@${digest}"`),
    ],
    [
      'a container among documents',
      container,
      `kind: Service\nmetadata: {name: app}\n---\n${deployment('image: app:1', '---\nkind: Deployment\nmetadata: {name: b}\n')}`,
      `kind: Service\nmetadata: {name: app}\n---\n${deployment('image: app:2.0.0', '---\nkind: Deployment\nmetadata: {name: b}\n')}`,
    ],
  ])('%s', (_name, edit, before, after) => {
    const outcome = editYaml(Buffer.from(before), edit);
    expect(outcome).toEqual({ ok: true, bytes: Buffer.from(after), changed: true });
  });

  it.each<[string, YamlEdit, string]>([
    ['a tag', kustomize({ tag: '2.0.0' }), images('- name: ghcr.io/acme/app', "  newTag:   '2.0.0'")],
    ['a value', value('a'), '\uFEFFa:   2.0.0\r\n'],
    ['a container', container, deployment('image: app:2.0.0')],
  ])('%s that is there already stays as it is', (_name, edit, text) => {
    expect(editYaml(Buffer.from(text), edit)).toEqual({ ok: true, bytes: Buffer.from(text), changed: false });
  });
});

describe('what is refused', () => {
  it.each<[string, YamlEdit, string | Buffer, RegExp]>([
    ['a template', value('a'), 'a: 1\n{{- if .x }}\nb: 2\n{{- end }}\n', /^the file is not plain YAML: /],
    ['a value that is a template', value('a'), 'a: {{ .Values.tag }}\n', /^a is not a single value$/],
    ['a key twice', value('a'), 'a: 1\na: 2\n', /^the file has the key a twice in one map$/],
    [
      'bytes that are not UTF-8',
      value('a'),
      Buffer.from([0x61, 0x3a, 0x20, 0xff]),
      /^the file is not UTF-8$/,
    ],
    ['a lone carriage return', value('a'), 'a: 1\rb: 2', /line breaks/],
    ['a line separator', value('a'), '# x\u2028y\na: 1\n', /line breaks/],
    ['a huge file', value('a'), `a: 1\n#${'x'.repeat(140_000)}`, /larger than/],
    ['an empty file', value('a'), '', /^the file has no a$/],
    ['a key that is not there', value('a.b'), 'a: {c: 1}\n', /^a has no b$/],
    ['a key below a value', value('a.b'), 'a: 1\n', /^a has no b$/],
    ['an index that is not there', value('a[2]'), 'a: [1]\n', /^a has no 2$/],
    ['a map', value('a'), 'a: {b: c}\n', /^a is not a single value$/],
    ['a list', value('a'), 'a: [b]\n', /^a is not a single value$/],
    ['a literal block', value('a'), 'a: |\n  1.0.0\n', /^a is a block of text/],
    ['a folded block', value('a'), 'a: >-\n  1.0.0\n', /^a is a block of text/],
    ['an alias', value('b'), 'a: &x 1\nb: *x\n', /^b is an alias \(\*x\)/],
    ['below an alias', value('b.c'), 'a: &x {c: 1}\nb: *x\n', /^b is an alias \(\*x\)/],
    ['a shared anchor', value('a'), 'a: &x 1\nb: *x\n', /^a belongs to the anchor &x/],
    [
      'below a shared anchor',
      value('a.tag'),
      'a: &x\n  tag: 1\nb:\n  <<: *x\n',
      /^a\.tag belongs to the anchor &x/,
    ],
    ['a merged key', value('b.tag'), 'a: &x\n  tag: 1\nb:\n  <<: *x\n', /^b has no tag of its own/],
    ['a tag of another type', value('a'), 'a: !vault 1\n', /^a has the tag !vault$/],
    ['nothing but an anchor', value('a'), 'a: &x\n', /^a is empty but for its anchor or tag$/],
    ['a key without a value', value('a'), '{ a, b }\n', /^the file has no a$/],
    ['two documents that have it', value('a'), 'a: 1\n---\na: 1\n', /^2 documents of the file have a$/],
    ['a path that is none', value('a..b'), 'a: 1\n', /is not a path/],
    ['an unclosed path', value('a["b'), 'a: 1\n', /is not a path/],
    ['a value with a line break', value('a', '1\nb: 2'), 'a: 1\n', /is not an image, a tag or a digest/],
    ['a value with a comment', value('a', '1 # 2'), 'a: 1\n', /is not an image, a tag or a digest/],
    ['a value that ends like a key', value('a', 'b:'), 'a: 1\n', /is not an image, a tag or a digest/],
    ['an empty value', value('a', ''), 'a: 1\n', /is not an image, a tag or a digest/],
    [
      'no images',
      kustomize({ tag: '2' }),
      'resources: [a]\n',
      /^images has no entry with the name ghcr\.io\/acme\/app; add one$/,
    ],
    [
      'no kustomization',
      kustomize({ tag: '2' }),
      'kind: Deployment\nimages: [{name: ghcr.io/acme/app}]\n',
      /^the file holds 0 kustomizations/,
    ],
    [
      'two kustomizations',
      kustomize({ tag: '2' }),
      'images: []\n---\nimages: []\n',
      /^the file holds 2 kustomizations/,
    ],
    [
      'an image twice',
      kustomize({ tag: '2' }),
      images('- name: ghcr.io/acme/app', '- name: ghcr.io/acme/app'),
      /^images has 2 entries/,
    ],
    [
      'an entry that is an alias',
      kustomize({ tag: '2' }),
      `x: &x {name: ghcr.io/acme/app, newTag: "1"}\n${images('- *x')}`,
      /^images\[0\] is an alias/,
    ],
    [
      'an entry that merges',
      kustomize({ tag: '2' }),
      `x: &x {newTag: "1"}\n${images('- name: ghcr.io/acme/app', '  <<: *x')}`,
      /takes fields from elsewhere/,
    ],
    [
      'a tag beside a digest',
      kustomize({ tag: '2' }),
      images('- name: ghcr.io/acme/app', `  digest: ${digest}`),
      /^images\[0\] has a digest too; write TagAndDigest/,
    ],
    [
      'a digest beside a tag',
      kustomize({ digest }),
      images('- name: ghcr.io/acme/app', '  newTag: 1'),
      /^images\[0\] has a newTag too; write TagAndDigest/,
    ],
    [
      'a name in a block',
      kustomize({ tag: '2' }),
      images('- name: >-', '    ghcr.io/acme/app'),
      /^images\[0\] has no newTag; add one/,
    ],
    [
      'no such object',
      container,
      'kind: Deployment\nmetadata: {name: b}\n',
      /^the file holds no Deployment app$/,
    ],
    [
      'an object twice',
      container,
      `${deployment('image: a:1')}---\n${deployment('image: a:1')}`,
      /^the file holds 2 objects Deployment app$/,
    ],
    [
      'no such container',
      { ...container, container: 'x' },
      deployment('image: a:1'),
      /has 0 containers named x/,
    ],
    [
      'a container twice',
      container,
      deployment('image: a:1', '        - {name: main, image: b:1}\n'),
      /has 2 containers named main/,
    ],
    ['no image', container, deployment('command: [a]'), /has no image of its own$/],
    ['an image that is none', container, deployment('image: "A B"'), /is not an image$/],
    ['an image that is a template', container, deployment('image: "{{ .image }}"'), /is not an image$/],
  ])('%s', (_name, edit, before, why) => {
    const outcome = editYaml(Buffer.from(before), edit);
    expect(outcome).toEqual({ ok: false, why: expect.stringMatching(why) });
  });

  it('endless nesting, in little time', () => {
    for (const text of ['['.repeat(100_000), `a: ${'{b: '.repeat(20_000)}`, `${'- '.repeat(3_000)}b`]) {
      expect(editYaml(Buffer.from(text), value('a')).ok).toBe(false);
    }
  });

  it('a map of very many keys, in little time', () => {
    const keys = Array.from({ length: 30_000 }, (_, index) => `k${index}: 1\n`)
      .join('')
      .slice(0, 60_000);
    expect(editYaml(Buffer.from(keys), value('k7'))).toMatchObject({ ok: true, changed: true });
  });

  it('an alias of an alias of an alias', () => {
    const bomb = [
      'a: &a [x, x]',
      ...Array.from({ length: 40 }, (_, i) => `b${i}: &b${i} [*${i === 0 ? 'a' : `b${i - 1}`}, *a]`),
      'tag: 1',
    ];
    const outcome = editYaml(Buffer.from(`${bomb.join('\n')}\n`), value('tag'));
    expect(outcome).toMatchObject({ ok: true, changed: true });
  });
});
