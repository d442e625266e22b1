/** A statement about our own code was false: a bug of Hearth, never of a user. */
class InvariantViolation extends Error {
  override get name(): string {
    return 'InvariantViolation';
  }
}

export function invariant(condition: unknown, statement: string): asserts condition {
  if (!condition) throw new InvariantViolation(statement);
}
