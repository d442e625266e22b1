/** The address under which anybody who speaks HTTP reaches a function or one of its aliases. */
export interface FunctionUrl {
  /** 32 characters; it never changes and never belongs to another URL. */
  readonly id: string;
  /** The alias that it invokes; `$LATEST` without one. */
  readonly alias?: string;
  readonly authType: 'NONE' | 'AWS_IAM';
  readonly invokeMode: 'BUFFERED' | 'RESPONSE_STREAM';
  readonly cors?: CorsRules;
  readonly createdMs: number;
  readonly modifiedMs: number;
}

/** Which pages of other origins may read the answers. */
export interface CorsRules {
  readonly allowCredentials?: boolean;
  readonly allowHeaders?: readonly string[];
  readonly allowMethods?: readonly string[];
  readonly allowOrigins?: readonly string[];
  readonly exposeHeaders?: readonly string[];
  readonly maxAgeSeconds?: number;
}
