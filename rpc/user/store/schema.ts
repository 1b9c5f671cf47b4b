import type { Insertable, Selectable } from "kysely";

export interface Tables {
  user_account: UserTable;
  session: SessionTable;
  invite: InviteTable;
  login_attempt: LoginAttemptTable;
  signing_key: SigningKeyTable;
  deployment: DeploymentTable;
}

export type UserRow = Selectable<UserTable>;
export type SessionRow = Selectable<SessionTable>;
export type InviteRow = Insertable<InviteTable>;

interface UserTable {
  id: string;
  username: string;
  /** The username in the form in which it is unique. */
  username_key: string;
  email: string;
  email_key: string;
  password_hash: string;
  role: string;
  status: string;
  /** JSON. */
  permissions: string;
  created_at_ms: number;
  updated_at_ms: number;
}

interface SessionTable {
  id: string;
  user_id: string;
  refresh_hash: string;
  /** JSON: the tokens exchanged a short while ago. */
  spent: string;
  created_at_ms: number;
  last_used_at_ms: number;
  expires_at_ms: number;
  ip: string;
  user_agent: string;
}

interface InviteTable {
  id: string;
  code_hash: string;
  email: string;
  email_key: string;
  role: string;
  created_at_ms: number;
  expires_at_ms: number;
  created_by: string;
  used_at_ms: number;
}

interface LoginAttemptTable {
  subject: string;
  failures: number;
  last_at_ms: number;
  blocked_until_ms: number;
}

interface SigningKeyTable {
  /** Which role the key plays; unique, so a deployment has one `current` key. */
  slot: string;
  kid: string;
  /** JSON Web Key. */
  public_jwk: string;
  private_sealed: Uint8Array;
  created_at_ms: number;
}

/** Facts about the deployment as a whole; the row `owners` is also the lock on who owns it. */
interface DeploymentTable {
  name: string;
  value: Uint8Array | null;
}
