/** The words and trailers of a promotion's commit, made from nothing but the request, so that every replica makes the same object. */
import type { PromotionRequest } from './promotion.ts';
import { promotionTrailers } from './promotion-history.ts';
import { lineOf, versionOf } from './promotion-plan.ts';
import { oneLine } from './redact.ts';

export function promotionMessage(request: PromotionRequest, files: readonly string[]): string {
  const { canary, repository } = request;
  const { id, line, version, at } = promotionTrailers;
  const trailers = [
    `${id}: ${request.promotionId}`,
    `${line}: ${lineOf(request)}`,
    `${version}: ${versionOf(request)}`,
    `${at}: ${new Date(request.promotedAt).toISOString()}`,
    `Siskin-Canary: ${canary.namespace}/${canary.name}`,
    `Siskin-Revision: ${request.revision}`,
    `Signed-off-by: ${repository.commit.name} <${repository.commit.email}>`,
  ];
  const changed = files.map(file => `- ${oneLine(file, 300)}`).join('\n');
  return `${[oneLine(request.subject, 200), oneLine(request.reason, 1000), changed, trailers.join('\n')].join('\n\n')}\n`;
}
