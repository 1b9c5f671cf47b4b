import { createHash } from "node:crypto";
import { isIPv6 } from "node:net";
import { AppError } from "../../common/errors.ts";
import type { BackoffConfig, UserConfig } from "./config.ts";
import type { AttemptStore, Attempts } from "./stores.ts";

/**
 * Slows down guessing. Failures are counted for an account (by the name that somebody gives for it)
 * from one address, for the address and for the account, each with its own patience. A success
 * clears only the first, so that signing in from one place lets nobody else guess faster.
 */
export interface LoginBackoff {
  /**
   * Counts an attempt before it is checked, so that a thousand guesses at the same time are a
   * thousand failures, and throws `auth.too_many_attempts` when it comes too early.
   */
  begin(account: string, address: string): Promise<LoginAttempt>;
}

export interface LoginAttempt {
  /** The password was right: the attempt was no failure. */
  succeeded(): Promise<void>;
  /** The password was not checked after all. */
  withdrawn(): Promise<void>;
}

export interface LoginBackoffOptions {
  readonly config: UserConfig["loginBackoff"];
  readonly attempts: AttemptStore;
  readonly now: () => number;
}

export function createLoginBackoff({ config, attempts, now }: LoginBackoffOptions): LoginBackoff {
  return {
    async begin(account, address) {
      const { shared, pair } = limitsOf(config, account, address);
      const all = [...shared, pair];
      await attempts.update(all.map(subjectOf), (before) => {
        const nowMs = now();
        const waitMs = Math.max(...before.map((state) => state.blockedUntilMs - nowMs));
        if (waitMs > 0) throw tooMany(waitMs);
        return before.map((state, index) => {
          const recent = nowMs - state.lastAtMs < config.forgetAfterSeconds * 1_000;
          const failures = (recent ? state.failures : 0) + 1;
          const delayMs = delayAfter(failures, all[index]);
          return { failures, lastAtMs: nowMs, blockedUntilMs: nowMs + delayMs };
        });
      });
      const takeBackFrom = (limits: readonly Limit[]) =>
        attempts.update(limits.map(subjectOf), (counted) =>
          counted.map((state, index) => takeBack(state, limits[index])),
        );
      return {
        async succeeded() {
          await takeBackFrom(shared);
          await attempts.clear(pair.subject);
        },
        withdrawn: () => takeBackFrom(all),
      };
    },
  };
}

interface Limit extends BackoffConfig {
  readonly subject: string;
}

const subjectOf = (limit: Limit) => limit.subject;

/** Every attempt locks its rows in this order, so no two wait for each other. */
function limitsOf(config: UserConfig["loginBackoff"], account: string, address: string) {
  const network = networkOf(address);
  const ofAddress = { ...config.address, subject: hashed("address", network) };
  const ofAccount = { ...config.account, subject: hashed("account", account) };
  const pair = {
    ...config.accountFromAddress,
    subject: hashed("account-from-address", `${account}\n${network}`),
  };
  // Callers whose address is not known have nothing in common.
  return { shared: network === "" ? [ofAccount] : [ofAddress, ofAccount], pair };
}

function takeBack(state: Attempts, limit: Limit | undefined): Attempts {
  const failures = Math.max(0, state.failures - 1);
  const patient = delayAfter(failures, limit) === 0;
  return { ...state, failures, blockedUntilMs: patient ? 0 : state.blockedUntilMs };
}

function delayAfter(failures: number, limit: Limit | undefined): number {
  if (!limit || failures <= limit.freeFailures) return 0;
  const doubled = limit.firstDelaySeconds * 2 ** (failures - limit.freeFailures - 1);
  return Math.min(doubled, limit.delaySecondsMax) * 1_000;
}

const tooMany = (waitMs: number) =>
  new AppError("auth.too_many_attempts", "Too many attempts. Wait a little before the next.", {
    retryAfterSeconds: Math.ceil(waitMs / 1_000),
  });

/** Hashed, since people type passwords where their name belongs. */
const hashed = (kind: string, name: string): string =>
  `${kind}:${createHash("sha256").update(name).digest("base64url")}`;

/** Who has one IPv6 address has the 2^64 beside it too. */
function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1]) return mapped[1];
  const [head = "", tail] = address.toLowerCase().split("::");
  const left = head.split(":").filter(Boolean);
  const right = tail?.split(":").filter(Boolean) ?? [];
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  const groups = [...left, ...Array<string>(Math.max(0, zeros)).fill("0"), ...right];
  return groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":");
}
