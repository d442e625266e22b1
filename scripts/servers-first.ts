/**
 * The order of test files. Those that start servers come first, for they wait as much as they work
 * and the longest are among them; the many short ones of `unit` then fill up what the workers have
 * left. Within a project vitest's own order holds: the slowest of the last run, else the largest.
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const PROJECTS: readonly string[] = ['conformance', 'e2e', 'oci', 'unit'];

export default class ServersFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => rankOf(a) - rankOf(b));
  }
}

function rankOf({ project }: TestSpecification): number {
  return PROJECTS.indexOf(project.name);
}
