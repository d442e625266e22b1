/** AWS: tokens are still sent and no longer read; every stream has the same one. */
export const SEQUENCE_TOKEN = '49039859602554441705563127440004446142082416263190086466';
