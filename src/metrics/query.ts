/** From a check to the query text: which of template, inline query and built-in applies, and what its words stand for. */
import { builtinQuery, isBuiltin } from './builtin.ts';
import type { CheckRequest } from './port.ts';
import { duration } from './promql.ts';
import { parseTemplate, TemplateError, type TemplateValues } from './template.ts';
import { isDnsName } from './vantage/library.ts';

/** The query, or a sentence that says why there is none. */
export type QueryResult = { readonly query: string } | { readonly problem: string };

export function queryOf(request: CheckRequest): QueryResult {
  const { metric, template, names, arm, port, vantage, windowMs } = request;
  const foreign = Object.entries(names).find(([, value]) => !isDnsName(value));
  if (foreign !== undefined) return { problem: `the ${foreign[0]} of the Canary is not a Kubernetes name` };
  const text = template?.spec.query ?? metric.query;
  if (text !== undefined) {
    const where =
      template === undefined ? 'query' : `query of MetricTemplate ${template.namespace}/${template.name}`;
    return render(text, where, request);
  }
  if (isBuiltin(metric.name))
    return builtinQuery(metric.name, vantage, { ...names, port }, { arm, windowMs });
  return {
    problem: `metric '${metric.name}' is neither request-success-rate nor request-duration and has no templateRef; add one`,
  };
}

function render(text: string, where: string, { metric, names, arm, windowMs }: CheckRequest): QueryResult {
  const values: TemplateValues = {
    ...names,
    target: arm === 'primary' ? `${names.target}-primary` : names.target,
    interval: duration(windowMs),
    variables: new Map(Object.entries(metric.templateVariables ?? {})),
  };
  try {
    const query = parseTemplate(text).render(values).trim();
    return query === '' ? { problem: `the ${where} of metric '${metric.name}' is empty` } : { query };
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    return { problem: `the ${where} of metric '${metric.name}' cannot be rendered: ${error.message}` };
  }
}
