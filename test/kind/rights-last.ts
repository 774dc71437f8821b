/** Order of test files: the comparison of rights granted and used needs all the others to have run before it. */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

function isLast({ moduleId }: TestSpecification): boolean {
  return moduleId.endsWith('/rbac.e2e.ts');
}

export class RightsLast extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return [...sorted.filter(file => !isLast(file)), ...sorted.filter(isLast)];
  }
}
