/** A pattern that is not one; the message says where and why. Services give it AWS's words. */
export class InvalidEventPattern extends Error {
  override get name(): string {
    return 'InvalidEventPattern';
  }
}
