/** Label and field selectors of list requests. */
import type { KubeObject, ListOptions } from '../../src/runtime/port.ts';

export function matches(object: KubeObject, options: ListOptions): boolean {
  const { name, namespace, labels = {} } = object.metadata;
  if (options.namespace !== undefined && options.namespace !== namespace) return false;
  const fields = { 'metadata.name': name, 'metadata.namespace': namespace ?? '' };
  return (
    terms(options.labelSelector).every(term => holds(term, labels)) &&
    terms(options.fieldSelector).every(term => holds(term, fields))
  );
}

function terms(selector: string | undefined): string[] {
  return (selector ?? '').split(',').filter(term => term !== '');
}

/** `a=b`, `a==b`, `a!=b`, `a` and `!a`. */
function holds(term: string, values: Readonly<Record<string, string>>): boolean {
  const compared = /^([^=!]+)(==|=|!=)(.*)$/.exec(term);
  if (compared !== null) {
    const [, name = '', operator, value] = compared;
    return (values[name.trim()] === value?.trim()) === (operator !== '!=');
  }
  return term.startsWith('!') ? values[term.slice(1)] === undefined : values[term] !== undefined;
}
