/**
 * A `multipart/form-data` body as a browser sends it: small fields first, then the file, whose
 * bytes are handed on as they come. Fields behind the file are ignored, as on AWS.
 */
import { AwsError } from '../../core/aws-error.ts';

export interface Form {
  /** Names in lower case. */
  readonly fields: ReadonlyMap<string, string>;
  readonly fileName: string;
  readonly fileType: string | undefined;
  readonly file: AsyncIterable<Uint8Array>;
}

/** AWS: everything before the file. */
const FIELD_BYTES = 20_480;

function malformedForm(): AwsError {
  return new AwsError(
    'MalformedPOSTRequest',
    400,
    'The body of your POST request is not well-formed multipart/form-data.',
  );
}

export async function readForm(
  source: AsyncIterable<Uint8Array>,
  contentType: string,
): Promise<Form> {
  const boundary = /boundary=(?:"([^"]{1,200})"|([^;\s]{1,200}))/i.exec(contentType);
  if (boundary === null) throw malformedForm();
  const delimiter = Buffer.from(`\r\n--${boundary[1] ?? boundary[2]}`);
  // The first delimiter has no line end before it.
  const reader = new FormReader(source, delimiter);
  await reader.skipPreamble();
  const fields = new Map<string, string>();
  for (;;) {
    const headers = await reader.headers(FIELD_BYTES);
    const name = parameterOf(headers, 'name');
    if (name === undefined) throw malformedForm();
    if (name.toLowerCase() === 'file') {
      return {
        fields,
        fileName: parameterOf(headers, 'filename') ?? '',
        fileType: /^content-type:\s*(.+)$/im.exec(headers)?.[1]?.trim(),
        file: reader.content(),
      };
    }
    let text = '';
    for await (const chunk of reader.content()) {
      text += Buffer.from(chunk).toString('latin1');
      if (text.length > FIELD_BYTES) throw tooManyFields();
    }
    fields.set(name.toLowerCase(), Buffer.from(text, 'latin1').toString('utf8'));
    if (fields.size > 100) throw tooManyFields();
  }
}

function tooManyFields(): AwsError {
  return new AwsError(
    'MaxPostPreDataLengthExceeded',
    400,
    'Your POST request fields preceding the upload file was too large.',
  );
}

function parameterOf(headers: string, name: string): string | undefined {
  const disposition = /^content-disposition:(.*)$/im.exec(headers)?.[1] ?? '';
  const found = new RegExp(`[;\\s]${name}="((?:[^"\\\\]|\\\\.)*)"`, 'i').exec(disposition);
  return found?.[1]?.replaceAll(/\\(.)/g, '$1');
}

class FormReader {
  readonly #iterator: AsyncIterator<Uint8Array>;
  readonly #delimiter: Buffer;
  #buffered: Buffer = Buffer.from('\r\n');

  constructor(source: AsyncIterable<Uint8Array>, delimiter: Buffer) {
    this.#iterator = source[Symbol.asyncIterator]();
    this.#delimiter = delimiter;
  }

  async skipPreamble(): Promise<void> {
    for await (const _ of this.content()) void _;
  }

  /** Those of the part that begins here. */
  async headers(most: number): Promise<string> {
    for (;;) {
      // Two dashes behind the delimiter end the form, which has had no file then.
      if (this.#buffered.subarray(0, 2).toString('latin1') === '--') {
        throw new AwsError(
          'InvalidArgument',
          400,
          'POST requires exactly one file upload per request.',
          { members: { ArgumentName: 'file', ArgumentValue: '0' } },
        );
      }
      const end = this.#buffered.indexOf('\r\n\r\n');
      if (end !== -1) {
        const text = this.#buffered.subarray(0, end).toString('utf8');
        this.#buffered = this.#buffered.subarray(end + 4);
        return text;
      }
      if (this.#buffered.byteLength > most) throw malformedForm();
      if (!(await this.#more())) throw malformedForm();
    }
  }

  /** Up to the next delimiter. What could be the beginning of one is kept back. */
  async *content(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const at = this.#buffered.indexOf(this.#delimiter);
      if (at !== -1) {
        if (at > 0) yield this.#buffered.subarray(0, at);
        this.#buffered = this.#buffered.subarray(at + this.#delimiter.byteLength);
        return;
      }
      const safe = this.#buffered.byteLength - this.#delimiter.byteLength;
      if (safe > 0) {
        yield this.#buffered.subarray(0, safe);
        this.#buffered = this.#buffered.subarray(safe);
      }
      if (!(await this.#more())) throw malformedForm();
    }
  }

  async #more(): Promise<boolean> {
    const next = await this.#iterator.next();
    if (next.done === true) return false;
    this.#buffered = Buffer.concat([this.#buffered, next.value]);
    return true;
  }
}
