/**
 * A page that somebody else wrote (an answer of a function, an object of a bucket) and that is
 * served below the API's own address would have the API's origin. This policy puts it into a
 * sandbox of the browser, where it has an origin of its own and cannot act as the server's pages.
 */
export const SANDBOXED_PAGE =
  'sandbox allow-downloads allow-forms allow-modals allow-popups allow-scripts';
