import type { Role } from "../../common/access/access.ts";
import type { Slice } from "../../common/access/page.ts";

/**
 * What the user service keeps, as its logic sees it. `store/` implements it in SQL. Whatever has to
 * hold together under concurrency is one method here.
 */
export interface UserStores {
  readonly users: UserStore;
  readonly sessions: SessionStore;
  readonly invites: InviteStore;
  readonly attempts: AttemptStore;
}

export type Status = "active" | "disabled";

export interface PermissionsRecord {
  readonly endpoints: string[];
  readonly models: { readonly allow: string[]; readonly deny: string[] };
  readonly ipRanges: string[];
}

export interface UserRecord {
  readonly id: string;
  readonly username: string;
  readonly email: string;
  readonly passwordHash: string;
  readonly role: Role;
  readonly status: Status;
  readonly permissions: PermissionsRecord;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export interface SessionRecord {
  readonly id: string;
  readonly userId: string;
  readonly refreshHash: string;
  /** Tokens exchanged a short while ago, oldest first. */
  readonly spent: readonly SpentToken[];
  readonly createdAtMs: number;
  readonly lastUsedAtMs: number;
  readonly expiresAtMs: number;
  readonly ip: string;
  readonly userAgent: string;
}

export interface SpentToken {
  readonly hash: string;
  readonly atMs: number;
}

export interface InviteRecord {
  readonly id: string;
  readonly codeHash: string;
  /** Empty when any address may use it. */
  readonly email: string;
  readonly role: Role;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly createdBy: string;
  /** 0 while unused. */
  readonly usedAtMs: number;
}

export interface UserFilter extends Slice {
  readonly status: Status | undefined;
  readonly search: string;
}

export interface Listed<Item> {
  readonly items: Item[];
  readonly total: number;
}

/** Under which right an account is created. */
export type RegistrationTerms =
  | { readonly kind: "first" }
  | { readonly kind: "open" }
  | { readonly kind: "invite"; readonly codeHash: string };

export interface Administration {
  readonly actor: UserRecord;
  /** `undefined` when there is no such user, which only an administrator may learn. */
  readonly target: UserRecord | undefined;
  readonly activeOwners: number;
}

export type AccessChange = Partial<Pick<UserRecord, "role" | "status" | "permissions">>;

export interface UserStore {
  any(): Promise<boolean>;
  find(id: string): Promise<UserRecord | undefined>;
  /** By username, or by email address when it contains an `@`, in any case. */
  findByLogin(login: string): Promise<UserRecord | undefined>;
  list(filter: UserFilter): Promise<Listed<UserRecord>>;
  /**
   * Creates an account and its first session, and uses up the invitation; `undefined` when
   * it is not the first account after all. Throws `user.username_taken`, `user.email_taken` and
   * `registration.invite_invalid`.
   */
  register(
    user: UserRecord,
    session: SessionRecord,
    terms: RegistrationTerms,
  ): Promise<UserRecord | undefined>;
  /** `undefined` when there is no such user. Throws as `register` does. */
  updateProfile(
    id: string,
    change: Partial<Pick<UserRecord, "username" | "email">>,
    nowMs: number,
  ): Promise<UserRecord | undefined>;
  /** Puts a new hash in place of `from`, for the same password. */
  rehash(id: string, from: string, to: string): Promise<void>;
  /** Also ends every session but the kept one; false when the hash was not `from` any more. */
  changePassword(change: PasswordChange): Promise<boolean>;
  /**
   * Lets `decide` see actor and target as they stand, one administration after the other, and applies
   * what it returns. A user who is disabled loses all sessions. Throws `auth.required`,
   * `resource.not_found` and what `decide` throws.
   */
  administer(
    parties: { readonly actorId: string; readonly targetId: string; readonly nowMs: number },
    decide: (administration: Administration) => AccessChange,
  ): Promise<UserRecord>;
}

export interface PasswordChange {
  readonly userId: string;
  readonly from: string;
  readonly to: string;
  readonly keptSessionId: string;
  readonly nowMs: number;
}

export interface SessionWithUser {
  readonly session: SessionRecord;
  readonly user: UserRecord;
}

export interface SessionStore {
  /**
   * Begins a session if the user is still active and the password still the one that was checked,
   * and ends the ones beyond `sessionsMax`.
   */
  begin(session: SessionRecord, passwordHash: string, sessionsMax: number): Promise<boolean>;
  find(id: string): Promise<SessionWithUser | undefined>;
  /** Replaces the refresh token if it is still `fromHash`: of racing rotations exactly one wins. */
  rotate(session: SessionRecord, fromHash: string): Promise<boolean>;
  /** Those not expired, the one used last first. */
  listLive(userId: string, nowMs: number): Promise<SessionRecord[]>;
  /** False when the user has no such session. */
  end(userId: string, id: string): Promise<boolean>;
  purge(nowMs: number): Promise<void>;
}

export interface InviteStore {
  create(invite: InviteRecord): Promise<void>;
  countOpen(nowMs: number): Promise<number>;
  find(id: string): Promise<InviteRecord | undefined>;
  /** An invitation that can be used now, by this address. */
  findUsable(codeHash: string, email: string, nowMs: number): Promise<InviteRecord | undefined>;
  list(slice: Slice): Promise<Listed<InviteRecord>>;
  delete(id: string): Promise<boolean>;
  purge(beforeMs: number): Promise<void>;
}

export interface Attempts {
  readonly failures: number;
  readonly lastAtMs: number;
  readonly blockedUntilMs: number;
}

export interface AttemptStore {
  /**
   * Lets `decide` replace the state of all subjects at once, and nothing slips in between; nothing
   * changes when it throws. Callers name subjects in one order, or they could wait for each other.
   */
  update(subjects: readonly string[], decide: (attempts: Attempts[]) => Attempts[]): Promise<void>;
  clear(subject: string): Promise<void>;
  purge(beforeMs: number): Promise<void>;
}
