/** Which requests a route takes, in the words of Flagger's (and Istio's) HTTPMatchRequest. */
import { z } from 'zod';
import { filled, list, map, portNumber, text } from './fields.ts';
import { withRule } from './rule.ts';

export const StringMatch = withRule(
  z.object({
    exact: text(1024).exactOptional().describe('The value is exactly this.'),
    prefix: text(1024).exactOptional().describe('The value starts with this.'),
    suffix: text(1024).exactOptional().describe('The value ends with this.'),
    regex: text(1024).exactOptional().describe('The value matches this regular expression (RE2).'),
  }),
  {
    cel: '[has(self.exact), has(self.prefix), has(self.suffix), has(self.regex)].filter(x, x).size() <= 1',
    message: 'set only one of exact, prefix, suffix and regex',
    check: value => Object.keys(value).length <= 1,
  },
);

export const HttpMatch = z.object({
  name: text(253).exactOptional().describe('A name for people.'),
  uri: StringMatch.exactOptional().describe('Path of the request.'),
  method: StringMatch.exactOptional().describe('HTTP method of the request.'),
  headers: map(StringMatch, 16).exactOptional().describe('Headers of the request, by name.'),
  queryParams: map(StringMatch, 16).exactOptional().describe('Query parameters of the request, by name.'),
  scheme: StringMatch.exactOptional().describe('URI scheme of the request (Istio).'),
  authority: StringMatch.exactOptional().describe('HTTP authority of the request (Istio).'),
  withoutHeaders: map(StringMatch, 16)
    .exactOptional()
    .describe('Headers that the request must not have (Istio).'),
  port: portNumber().exactOptional().describe('Port on which the request arrives (Istio).'),
  gateways: list(filled(320), 16).exactOptional().describe('Gateways to which the match applies (Istio).'),
  sourceLabels: map(text(63), 32).exactOptional().describe('Labels of the calling pods (Istio).'),
  sourceNamespace: text(63).exactOptional().describe('Namespace of the calling pods (Istio).'),
  ignoreUriCase: z.boolean().exactOptional().describe('Compare the path without regard to case (Istio).'),
});
