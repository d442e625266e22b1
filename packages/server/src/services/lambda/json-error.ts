/**
 * Whether bytes are one JSON document, found by walking over them: no objects are built, nothing
 * recurses (a million levels cost four megabytes, not a stack), and the bytes stay as they are.
 *
 * AWS parses events with Jackson; the wording and the columns are Jackson's as far as they were
 * recorded, its known texts where they were not. Two choices where AWS is not recorded: nesting
 * is not limited, and anything but white space after the document is refused.
 */
import { isUtf8 } from 'node:buffer';

/** The first problem, in the words that AWS puts into the answer; undefined for valid JSON. */
export function findJsonError(bytes: Uint8Array): string | undefined {
  try {
    new JsonWalk(bytes).document();
    return undefined;
  } catch (error) {
    if (error instanceof JsonProblem) return `${error.message}${locate(bytes, error.at)}`;
    throw error;
  }
}

class JsonProblem extends Error {
  readonly at: number;
  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
  override get name(): string {
    return 'JsonProblem';
  }
}

const VALUE = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
const code = (character: string): number => character.charCodeAt(0);
const QUOTE = code('"');
const BACKSLASH = code('\\');
const COMMA = code(',');
const COLON = code(':');
const MINUS = code('-');
const ZERO = code('0');
const OPEN_OBJECT = code('{');
const CLOSE_OBJECT = code('}');
const OPEN_ARRAY = code('[');
const CLOSE_ARRAY = code(']');
const SIMPLE_ESCAPES: ReadonlySet<number> = new Set(Buffer.from('"\\/bfnrt'));
const HEX_DIGITS: ReadonlySet<number> = new Set(Buffer.from('0123456789abcdefABCDEF'));
const END = -1;

/** A walk does not pause, so all of them may begin in one array. */
const shallow = new Uint32Array(64);

class JsonWalk {
  readonly #bytes: Uint8Array;
  readonly #isUtf8: boolean;
  #at = 0;
  /** Where each open object or array starts; its first byte says which of both it is. */
  #open = shallow;
  #depth = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#isUtf8 = isUtf8(bytes);
  }

  document(): void {
    if (this.#skipSpace() === END) {
      throw new JsonProblem('No content to map due to end-of-input', this.#at);
    }
    do {
      this.#value();
      while (this.#depth > 0 && this.#closes()) this.#depth -= 1;
    } while (this.#depth > 0);
    const rest = this.#skipSpace();
    if (rest !== END) this.#unexpected(rest, 'Expected space separating root-level values');
  }

  /** One scalar, or the opening of as many containers as follow each other. */
  #value(): void {
    for (;;) {
      const byte = this.#skipSpace();
      if (byte === OPEN_OBJECT) {
        this.#push();
        if (this.#skipSpace() === CLOSE_OBJECT) return this.#leaveEmpty();
        this.#key();
      } else if (byte === OPEN_ARRAY) {
        this.#push();
        if (this.#skipSpace() === CLOSE_ARRAY) return this.#leaveEmpty();
      } else {
        return this.#scalar(byte);
      }
    }
  }

  /** After a value in a container: true at its end, false when another value follows. */
  #closes(): boolean {
    const isObject = this.#bytes[this.#open[this.#depth - 1] ?? 0] === OPEN_OBJECT;
    const byte = this.#skipSpace();
    if (byte === END) this.#endOfInput();
    if (byte === (isObject ? CLOSE_OBJECT : CLOSE_ARRAY)) {
      this.#at += 1;
      return true;
    }
    if (byte !== COMMA) {
      const kind = isObject ? 'Object' : 'Array';
      this.#unexpected(byte, `was expecting comma to separate ${kind} entries`);
    }
    this.#at += 1;
    if (isObject) this.#key();
    return false;
  }

  #key(): void {
    const byte = this.#skipSpace();
    if (byte === END) this.#endOfInput();
    if (byte !== QUOTE) this.#unexpected(byte, 'was expecting double-quote to start field name');
    this.#string('in field name');
    const colon = this.#skipSpace();
    if (colon === END) this.#endOfInput();
    if (colon !== COLON) {
      this.#unexpected(colon, 'was expecting a colon to separate field name and value');
    }
    this.#at += 1;
  }

  #scalar(byte: number): void {
    if (byte === QUOTE) return this.#string('was expecting closing quote for a string value');
    if (byte === MINUS || isDigit(byte)) return this.#number();
    if (byte === END) return this.#endOfInput();
    for (const token of ['true', 'false', 'null']) {
      if (byte === code(token)) return this.#token(token);
    }
    if (isIdentifier(byte)) return this.#unknownToken();
    this.#unexpected(byte, `expected a valid value ${VALUE}`);
  }

  #string(atEnd: string): void {
    const bytes = this.#bytes;
    let at = this.#at + 1;
    for (;;) {
      const byte = bytes[at];
      if (byte === QUOTE) break;
      if (byte === undefined) {
        this.#at = at;
        const joint = atEnd.startsWith('in ') ? ' ' : ': ';
        throw new JsonProblem(`Unexpected end-of-input${joint}${atEnd}`, at);
      }
      if (byte < 0x20) {
        const problem = `Illegal unquoted character (${describe(byte)}): has to be escaped using backslash to be included in string value`;
        throw new JsonProblem(problem, at);
      }
      if (byte === BACKSLASH) at = this.#escape(at);
      else if (byte < 0x80 || this.#isUtf8) at += 1;
      else at = this.#sequence(at);
    }
    this.#at = at + 1;
  }

  /** The position after the escape that starts at `at`. */
  #escape(at: number): number {
    const kind = this.#bytes[at + 1];
    if (kind !== undefined && SIMPLE_ESCAPES.has(kind)) return at + 2;
    if (kind !== code('u')) {
      if (kind === undefined) {
        throw new JsonProblem('Unexpected end-of-input in character escape sequence', at + 1);
      }
      throw new JsonProblem(`Unrecognized character escape ${describe(kind)}`, at + 1);
    }
    for (let digit = at + 2; digit < at + 6; digit += 1) {
      const byte = this.#bytes[digit];
      if (byte === undefined || !HEX_DIGITS.has(byte)) {
        this.#at = digit;
        this.#unexpected(byte ?? END, 'expected a hex-digit for character escape sequence');
      }
    }
    return at + 6;
  }

  /** The position after one multi-byte character; only asked when some character is wrong. */
  #sequence(at: number): number {
    const first = this.#bytes[at] ?? 0;
    const length = first >= 0xf0 && first < 0xf8 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc0 || first >= 0xf8) {
      throw new JsonProblem(`Invalid UTF-8 start byte 0x${first.toString(16)}`, at + 1);
    }
    for (let next = at + 1; next < at + length; next += 1) {
      const byte = this.#bytes[next];
      if (byte === undefined || (byte & 0xc0) !== 0x80) {
        const shown = (byte ?? 0).toString(16);
        throw new JsonProblem(`Invalid UTF-8 middle byte 0x${shown}`, next + 1);
      }
    }
    if (!isUtf8(this.#bytes.subarray(at, at + length))) {
      throw new JsonProblem(`Invalid UTF-8 start byte 0x${first.toString(16)}`, at + 1);
    }
    return at + length;
  }

  #number(): void {
    if (this.#bytes[this.#at] === MINUS) this.#at += 1;
    if (this.#bytes[this.#at] === ZERO) {
      this.#at += 1;
      if (isDigit(this.#bytes[this.#at] ?? END)) {
        throw new JsonProblem('Invalid numeric value: Leading zeroes not allowed', this.#at);
      }
    } else {
      this.#digits('expected digit (0-9) to follow minus sign, for valid numeric value');
    }
    if (this.#bytes[this.#at] === code('.')) {
      this.#at += 1;
      this.#digits('Decimal point not followed by a digit');
    }
    const exponent = this.#bytes[this.#at];
    if (exponent !== code('e') && exponent !== code('E')) return;
    this.#at += 1;
    const sign = this.#bytes[this.#at];
    if (sign === MINUS || sign === code('+')) this.#at += 1;
    this.#digits('Exponent indicator not followed by a digit');
  }

  #digits(otherwise: string): void {
    const first = this.#bytes[this.#at] ?? END;
    if (!isDigit(first)) this.#unexpected(first, otherwise);
    while (isDigit(this.#bytes[this.#at] ?? END)) this.#at += 1;
  }

  #token(token: string): void {
    const start = this.#at;
    for (let index = 0; index < token.length; index += 1) {
      if (this.#bytes[start + index] !== token.charCodeAt(index)) return this.#unknownToken();
    }
    if (isIdentifier(this.#bytes[start + token.length] ?? END)) return this.#unknownToken();
    this.#at = start + token.length;
  }

  /** AWS: the column is after the byte that ended the token, as recorded for a broken one. */
  #unknownToken(): never {
    const start = this.#at;
    let at = start;
    for (;;) {
      const byte = this.#bytes[at] ?? END;
      // Letters beyond ASCII belong to the token, and a broken one is the worse problem.
      if (byte >= 0x80) at = this.#isUtf8 ? at + 1 : this.#sequence(at);
      else if (isIdentifier(byte)) at += 1;
      else break;
    }
    const token = Buffer.from(this.#bytes.subarray(start, Math.min(at, start + 256))).toString();
    const after = Math.min(at + 1, this.#bytes.length);
    throw new JsonProblem(`Unrecognized token '${token}': was expecting ${VALUE}`, after);
  }

  #endOfInput(): never {
    const start = this.#open[this.#depth - 1] ?? 0;
    const kind = this.#bytes[start] === OPEN_OBJECT ? 'Object' : 'Array';
    const opened = locate(this.#bytes, start).trimStart().slice('at '.length);
    throw new JsonProblem(
      `Unexpected end-of-input: expected close marker for ${kind} (start marker at ${opened})`,
      this.#bytes.length,
    );
  }

  #unexpected(byte: number, because: string): never {
    if (byte === END) throw new JsonProblem(`Unexpected end-of-input: ${because}`, this.#at);
    throw new JsonProblem(`Unexpected character (${describe(byte)}): ${because}`, this.#at);
  }

  #push(): void {
    if (this.#depth === this.#open.length) {
      const wider = new Uint32Array(this.#open.length * 2);
      wider.set(this.#open);
      this.#open = wider;
    }
    this.#open[this.#depth] = this.#at;
    this.#depth += 1;
    this.#at += 1;
  }

  #leaveEmpty(): void {
    this.#at += 1;
    this.#depth -= 1;
  }

  /** The next byte that is not white space, without passing it. */
  #skipSpace(): number {
    for (;;) {
      const byte = this.#bytes[this.#at] ?? END;
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte;
      this.#at += 1;
    }
  }
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** What may stand in a Java identifier, to Jackson's purpose. */
function isIdentifier(byte: number): boolean {
  const lower = byte | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || isDigit(byte) || byte === 0x5f || byte === 0x24;
}

function describe(byte: number): string {
  const isControl = byte < 0x20 || (byte >= 0x7f && byte < 0xa0);
  return isControl ? `(CTRL-CHAR, code ${byte})` : `'${String.fromCharCode(byte)}' (code ${byte})`;
}

/** Lines and columns count from 1; columns count bytes. */
function locate(bytes: Uint8Array, at: number): string {
  let line = 1;
  let start = 0;
  for (let newline = bytes.indexOf(0x0a); newline !== -1 && newline < at;) {
    line += 1;
    start = newline + 1;
    newline = bytes.indexOf(0x0a, start);
  }
  return `\n at [Source: REDACTED (\`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION\` disabled); line: ${line}, column: ${at - start + 1}]`;
}
