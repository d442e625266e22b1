/** What the log store says when it cannot do what was asked. Services give AWS's words to it. */
export class LogGroupMissing extends Error {
  override get name(): string {
    return 'LogGroupMissing';
  }
}

export class LogGroupExists extends Error {
  override get name(): string {
    return 'LogGroupExists';
  }
}

export class LogStreamMissing extends Error {
  override get name(): string {
    return 'LogStreamMissing';
  }
}

export class LogStreamExists extends Error {
  override get name(): string {
    return 'LogStreamExists';
  }
}

/** A search was given up; its thread was ended with it. */
export class LogSearchTooLong extends Error {
  override get name(): string {
    return 'LogSearchTooLong';
  }
}
