/** The options do not make sense. The message has a sentence for each problem, a line each. */
export class ConfigRefused extends Error {
  override get name(): string {
    return 'ConfigRefused';
  }
}
