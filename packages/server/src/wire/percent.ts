/** Percent-encoding as AWS's signers and protocols use it. */

/** Undefined where the text holds a broken escape or one that is not UTF-8. */
export function percentDecode(text: string): string | undefined {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    // The only way it throws; what a broken escape means is for the caller to say.
    return undefined;
  }
}

/** RFC 3986: everything but letters, digits and `-_.~`. */
export function percentEncode(text: string): string {
  if (unreserved.test(text)) return text;
  const encoded = encodeURIComponent(text.toWellFormed());
  return encoded.replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

const unreserved = /^[A-Za-z0-9\-_.~]*$/;
