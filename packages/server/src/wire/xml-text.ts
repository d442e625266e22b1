/**
 * Text for XML 1.0. Characters that XML cannot hold even as references (control characters, lone
 * surrogates) become U+FFFD: an answer that no client can parse helps nobody.
 */
export function xmlText(text: string): string {
  if (!special.test(text)) return text;
  return text.replace(specials, (char) => references[char] ?? '\u{FFFD}');
}

const references: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  // Written plainly, a parser would turn it into a line feed.
  '\r': '&#xD;',
};

const pattern =
  '[&<>"\'\\u0000-\\u0008\\u000B-\\u001F\\uFFFE\\uFFFF]' +
  '|[\\uD800-\\uDBFF](?![\\uDC00-\\uDFFF])|(?<![\\uD800-\\uDBFF])[\\uDC00-\\uDFFF]';
const special = new RegExp(pattern);
const specials = new RegExp(pattern, 'g');
