import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTemplate, TemplateError, type TemplateValues } from './template.ts';

const values: TemplateValues = {
  name: 'podinfo',
  namespace: 'shop',
  target: 'podinfo-app',
  service: 'podinfo-svc',
  ingress: 'podinfo-ing',
  route: 'podinfo-route',
  interval: '60s',
  variables: new Map([
    ['code', '5..'],
    ['empty', ''],
    ['quoted', 'a"b\\c\n'],
  ]),
};

function render(text: string): string {
  return parseTemplate(text).render(values);
}

function errorOf(text: string): string {
  try {
    return `rendered: ${render(text)}`;
  } catch (error) {
    if (error instanceof TemplateError) return error.message;
    throw error;
  }
}

describe('metric templates', () => {
  it.each([
    ['', ''],
    ['up', 'up'],
    ['sum(up{a="}"}) } {', 'sum(up{a="}"}) } {'],
    ['{{ name }}/{{namespace}}', 'podinfo/shop'],
    [
      '{{ target }} {{ service }} {{ ingress }} {{ route }}',
      'podinfo-app podinfo-svc podinfo-ing podinfo-route',
    ],
    ['rate(x[{{ interval }}])', 'rate(x[60s])'],
    ['{{ variables.code }}', '5..'],
    ['{{ (variables).code }}', '5..'],
    ['a {{- name -}} b', 'apodinfob'],
    ['a\n  {{- /* why */ -}}\n  b', 'ab'],
    ['a {{/* why */}} b', 'a  b'],
    ['{{/* {{ name }} */}}x', 'x'],
    ['{{ "a\\tb\\u00e9\\"" }}{{ `r\\n` }}', 'a\tbé"r\\n'],
    ['{{ -3 }} {{ 1.5 }} {{ true }}', '-3 1.5 true'],
    ['{{ printf "%s-%s" namespace name }}', 'shop-podinfo'],
    ['{{ printf "%q" variables.quoted }}', '"a\\"b\\\\c\\n"'],
    ['{{ printf "%d|%5d|%-5d|%05d|%v|%%|%.2f" 7 7 7 -7 name 0.5 }}', '7|    7|7    |-0007|podinfo|%|0.50'],
    ['{{ printf "%5s|%-5s|%.2s" "ab" "ab" "abc" }}', '   ab|ab   |ab'],
    ['{{ name | printf "%s:%s" namespace }}', 'shop:podinfo'],
    ['{{ printf "%s" name | len | printf "%d" }}', '7'],
    ['{{ print name "-" 3 }}', 'podinfo-3'],
    ['{{ if eq namespace "shop" }}yes{{ else }}no{{ end }}', 'yes'],
    ['{{ if ne namespace "shop" }}yes{{ else if eq name "x" }}x{{ else }}no{{ end }}', 'no'],
    ['{{ if eq name "a" "b" "podinfo" }}one of{{ end }}', 'one of'],
    ['{{ if and (eq name "podinfo") (not variables.empty) }}both{{ end }}', 'both'],
    ['{{ or variables.empty "fallback" }}', 'fallback'],
    ['{{ and variables.code "last" }}', 'last'],
    ['{{ if or true variables.missing }}short{{ end }}', 'short'],
    ['{{ index variables "code" }}[{{ index variables "missing" }}]', '5..[]'],
    ['{{ len name }} {{ len variables }} {{ len "é" }}', '7 3 2'],
    ['{{ $n := name }}{{ $n }}{{ $n }}', 'podinfopodinfo'],
    ['{{ $n := "a" }}{{ if true }}{{ $n = "b" }}{{ end }}{{ $n }}', 'b'],
    ['{{ $n := "a" }}{{ if true }}{{ $n := "b" }}{{ end }}{{ $n }}', 'a'],
    ['{{ if $x := variables.code }}{{ $x }}{{ end }}', '5..'],
    [
      '{{ range $k, $v := variables }}{{ $k }}={{ printf "%q" $v }};{{ end }}',
      'code="5..";empty="";quoted="a\\"b\\\\c\\n";',
    ],
    ['{{ range variables }}<{{ . }}>{{ else }}none{{ end }}', '<5..><><a"b\\c\n>'],
    ['{{ range $v := variables }}{{ len $v }} {{ end }}', '3 0 6 '],
  ])('%s', (text, expected) => expect(render(text)).toBe(expected));

  it('takes the else branch of an empty range', () => {
    const template = parseTemplate('{{ range variables }}x{{ else }}none{{ end }}');
    expect(template.render({ ...values, variables: new Map() })).toBe('none');
  });

  it.each([
    ['{{ name', /^1:1: this \{\{ is never closed/],
    ['a\nb {{ nme }}', /^2:6: 'nme' is not a function; there are name,/],
    ['{{ if name }}x', /^1:1: this if is never closed: add \{\{ end \}\}/],
    ['x{{ end }}', /^1:2: unexpected \{\{ end \}\}/],
    ['{{ else }}', /no if or range/],
    ['{{ "abc }}', /this string is never closed/],
    ["{{ 'a' }}", /double quotes/],
    ['{{ "\\q" }}', /unknown escape/],
    ['{{ }}', /expected a value before/],
    ['{{ name | }}', /expected a value before/],
    ['{{ name | "x" }}', /only a function can stand after/],
    ['{{ "x" name }}', /only a function can have arguments/],
    ['{{ $x }}', /\$x is not declared/],
    ['{{ $x = 1 }}', /\$x is not declared: use :=/],
    ['{{ (name }}', /this \( is never closed/],
    ['{{ template "x" }}', /'template' is not supported/],
    ['{{ define "x" }}{{ end }}', /'define' is not supported/],
    ['{{ with name }}{{ end }}', /'with' is not supported/],
    ['{{ if if }}', /expected a value/],
    ['{{ "a".b }}', /a literal has no fields/],
    ['{{ 0x10 }}', /unexpected/],
    ['{{ variables . code }}', /'code' is not a function/],
    ['{{ variables .code }}', /nothing has a field/],
    ['{{ variables.missing }}', /^1:4: variables\.missing is not set: add missing to/],
    ['{{ variables.code.x }}', /is a text and has no field/],
    ['{{ .x }}', /nothing has a field \.x but variables/],
    ['{{ . }}', /there is no value to print/],
    ['{{ variables }}', /a map cannot be printed/],
    ['{{ eq name 1 }}', /can be compared/],
    ['{{ eq name }}', /eq takes 2 to 32/],
    ['{{ len 3 }}', /len needs/],
    ['{{ index name "x" }}', /index needs a map/],
    ['{{ range name }}{{ end }}', /range needs a map/],
    ['{{ range 1000000000 }}{{ end }}', /range needs a map/],
    ['{{ printf "%999999999d" 1 }}', /at most 64 characters wide/],
    ['{{ printf "%.99f" 1.5 }}', /at most 64/],
    ['{{ printf "%s" }}', /more verbs than arguments/],
    ['{{ printf "x" name }}', /1 arguments for 0 verbs/],
    ['{{ printf "%d" name }}', /%d does not fit a string/],
    ['{{ printf "%x" name }}', /use %s, %q/],
    ['{{ printf "%" name }}', /use %s, %q/],
  ])('explains %s', (text, message) => expect(errorOf(text)).toMatch(message));

  it('bounds nesting, work, input and output', () => {
    expect(errorOf('{{ if true }}'.repeat(100) + '{{ end }}'.repeat(100))).toMatch(/nested deeper/);
    expect(errorOf(`{{ ${'('.repeat(5000)}name${')'.repeat(5000)} }}`)).toMatch(/nested deeper/);
    expect(errorOf('x'.repeat(17_000))).toMatch(/longer than 16 KiB/);
    const loops = 12;
    const bomb = '{{ range variables }}'.repeat(loops) + 'x' + '{{ end }}'.repeat(loops);
    expect(errorOf(bomb)).toMatch(/too many steps/);
    const long = parseTemplate('{{ variables.a }}'.repeat(4));
    expect(() => long.render({ ...values, variables: new Map([['a', 'é'.repeat(4000)]]) })).toThrow(
      /more than 16 KiB/,
    );
  });

  it('never does anything but render or throw TemplateError, and values never become template text', () => {
    const piece = fc.constantFrom(
      '{{',
      '}}',
      '{{-',
      '-}}',
      ' ',
      'if',
      'else',
      'end',
      'range',
      'name',
      'variables',
      '.a',
      '$x',
      ':=',
      '=',
      '|',
      '(',
      ')',
      ',',
      '"',
      '`',
      '/*',
      '*/',
      'printf',
      '"%s"',
      '1',
      '.',
      'x',
      '\n',
      '\\',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 24 }), pieces => {
        errorOf(pieces.join(''));
      }),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), text => {
        const rendered = parseTemplate('<{{ variables.a }}>').render({
          ...values,
          variables: new Map([['a', text]]),
        });
        expect(rendered).toBe(`<${text}>`);
      }),
    );
  });
});
