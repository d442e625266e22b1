/**
 * An input after the wire has validated it: the SDK's types mark what AWS requires by leaving the
 * `?` out and still allow `undefined` there; a handler never sees that.
 */
export type Validated<Input> = {
  readonly [Name in keyof Input]: object extends Pick<Input, Name>
    ? Input[Name]
    : NonNullable<Input[Name]>;
};
