/** An expression that is no schedule; the message says why. Services give it AWS's words. */
export class InvalidSchedule extends Error {
  override get name(): string {
    return 'InvalidSchedule';
  }
}
