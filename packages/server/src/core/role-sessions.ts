import type { RoleSession } from './principal.ts';

/** How the platform takes on a function's execution role. Implemented by `iam/`. */
export interface RoleSessions {
  /** Whether the role exists and its trust policy lets this service assume it. */
  isAssumableBy(roleArn: string, service: string): Promise<boolean>;
  /**
   * Real temporary credentials, bound to role, session name and expiry. They are accepted by the
   * gateway's two listeners until they expire or the role goes. Rejects with `RoleNotAssumable`.
   */
  assume(roleArn: string, sessionName: string, service: string): Promise<RoleSession>;
}
