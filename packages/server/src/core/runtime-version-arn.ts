import { createHash } from 'node:crypto';

/**
 * `arn:aws:lambda:<region>::runtime:<hash>`: in RuntimeVersionConfig and on INIT_START lines.
 * AWS's hash names its own build of the runtime; ours names what this machine runs, so it changes
 * exactly when the label (`nodejs:22.v3`) does.
 */
export function runtimeVersionArn(region: string, versionLabel: string): string {
  const hash = createHash('sha256').update(versionLabel).digest('hex');
  return `arn:aws:lambda:${region}::runtime:${hash}`;
}
