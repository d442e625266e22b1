/**
 * The Node that each runtime runs: npm's platform packages, one exact version for each major,
 * with the SHA-512 that the registry states. A version is changed here and nowhere else.
 */
export interface PinnedInterpreter {
  readonly identifier: string;
  readonly major: number;
  readonly version: string;
  readonly integrity: { readonly x86_64: string; readonly arm64: string };
  /** Features that AWS switches off in this runtime, as names of `--no-<feature>` flags. */
  readonly disabledFeatures: readonly string[];
}

export const pinnedInterpreters: readonly PinnedInterpreter[] = [
  {
    identifier: 'nodejs20.x',
    major: 20,
    version: '20.20.2',
    integrity: {
      x86_64:
        'sha512-PeHQM8wAdmHtZA1mBocygZxs5LiUWtsJezQTkBd0iY987KpGrD1O2tVEydvMZiuXceRanxt7rjTnDEBwOPujoQ==',
      arm64:
        'sha512-LCXJnNTFiyGuYBw2gZSI5OBFMbkjAPt8sqD/NKrWoE2QmDgSubTqFng6GaNJ9EJ8HpxBMGcWWpbbcs4Vo+CnGg==',
    },
    disabledFeatures: ['experimental-require-module'],
  },
  {
    identifier: 'nodejs22.x',
    major: 22,
    version: '22.23.3',
    integrity: {
      x86_64:
        'sha512-qHnz5tFsHoj/WM+uRENVjWONi5hVvmwrgq8A4V76KpuVNAc4+jwK8x4gwbobE9BtHNg/AKR2583eYorLF/c7ng==',
      arm64:
        'sha512-l3DAHZreylo+p9QXDtsOrjG2JXJqVzYXnAGmIQNOUNARcMppTO2cmewVQP+36tjJnSE+dzpMNtgW+c3oiDvXtA==',
    },
    disabledFeatures: ['experimental-require-module', 'experimental-detect-module'],
  },
  {
    identifier: 'nodejs24.x',
    major: 24,
    version: '24.21.0',
    integrity: {
      x86_64:
        'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
      arm64:
        'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
    },
    disabledFeatures: [],
  },
  {
    identifier: 'nodejs26.x',
    major: 26,
    version: '26.10.0',
    integrity: {
      x86_64:
        'sha512-OmAztarr1gK4PD+sNyoku4N5Q40d8eqMuLjNa/zRvxF33aCsVKVIQLs4V5HYPWSWWlMiTdkmbZE/6Phigma0hw==',
      arm64:
        'sha512-idArV/cmqW9M9ODyGlbOIiyxFourDh1mJB0SdKCdMbSZjjef9CLEN3o1/eE4yf+B0+5BD+F74MpTTHiB3XXTBQ==',
    },
    disabledFeatures: [],
  },
];
