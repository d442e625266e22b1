/** The text is no filter pattern. The message is the one that CloudWatch Logs answers. */
export class InvalidFilterPattern extends Error {
  constructor(message = 'Invalid filter pattern') {
    super(message);
  }

  override get name(): string {
    return 'InvalidFilterPattern';
  }
}

export function invalidCharacter(character: string): InvalidFilterPattern {
  return new InvalidFilterPattern(`Invalid character(s) in term '${character}'`);
}
