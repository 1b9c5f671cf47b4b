import { z } from "zod";

const seconds = (value: number) => z.number().int().min(1).default(value);

/** When guessing at one subject is slowed down, and how much. */
const backoff = (values: { free: number; delaySecondsMax: number }, what: string) =>
  z
    .strictObject({
      freeFailures: z
        .number()
        .int()
        .min(1)
        .default(values.free)
        .describe("Failures that cost no waiting."),
      firstDelaySeconds: seconds(1).describe("Wait after the next failure; each more doubles it."),
      delaySecondsMax: seconds(values.delaySecondsMax).describe("No wait is longer than this."),
    })
    .prefault({})
    .describe(what);

const HashingConfig = z
  .strictObject({
    bcryptCost: z
      .number()
      .int()
      .min(4)
      .max(16)
      .default(12)
      .describe("Work per password, doubling with each step. Below 10 is for tests: start warns."),
    concurrency: z
      .number()
      .int()
      .min(1)
      .max(64)
      .default(2)
      .describe("Passwords hashed at the same time, each on a core of its own."),
    waitingMax: z
      .number()
      .int()
      .min(0)
      .default(100)
      .describe("Requests that may wait to be hashed; more are refused as overload."),
  })
  .prefault({})
  .describe("How passwords are hashed.");

const LoginBackoffConfig = z
  .strictObject({
    accountFromAddress: backoff(
      { free: 5, delaySecondsMax: 900 },
      "Failures for one name from one address. A success from there clears them.",
    ),
    address: backoff(
      { free: 30, delaySecondsMax: 900 },
      "Failures from one address (an IPv6 /64), whatever the name.",
    ),
    account: backoff(
      { free: 30, delaySecondsMax: 60 },
      "Failures for one name from all addresses. Short, or others could lock its owner out.",
    ),
    forgetAfterSeconds: seconds(3_600).describe("Failures are forgotten after this much quiet."),
  })
  .prefault({})
  .describe("How guessing passwords is slowed down.");

export const UserConfig = z
  .strictObject({
    registration: z
      .enum(["invite", "open", "closed"])
      .optional()
      .describe(
        "Who may register after the first account: `invite`, or `open` with `--demo`, when not given.",
      ),
    issuer: z
      .string()
      .min(1)
      .max(200)
      .default("apirouter")
      .describe("`iss` and `aud` of access tokens."),
    accessTokenLifeSeconds: seconds(900).describe("Life of an access token."),
    refreshTokenLifeSeconds: seconds(30 * 86_400).describe("A session unused for this long ends."),
    sessionLifeSecondsMax: seconds(90 * 86_400).describe("A session ends after this in any case."),
    refreshGraceMs: z
      .number()
      .int()
      .min(0)
      .max(300_000)
      .default(10_000)
      .describe("A refresh token just exchanged still gets its successor for this long."),
    sessionsPerUserMax: z
      .number()
      .int()
      .min(1)
      .default(50)
      .describe("Sessions of one user; one more ends the one unused for longest."),
    inviteLifeSeconds: seconds(7 * 86_400).describe("Life of an invitation that names none."),
    inviteLifeSecondsMax: seconds(90 * 86_400).describe("Longest life of an invitation."),
    openInvitesMax: z
      .number()
      .int()
      .min(1)
      .default(1_000)
      .describe("Invitations that may wait to be used."),
    purgeIntervalSeconds: seconds(600).describe("How often what has expired is deleted."),
    hashing: HashingConfig,
    loginBackoff: LoginBackoffConfig,
  })
  .prefault({})
  .describe("Accounts, sessions and invitations.");
export type UserConfig = z.infer<typeof UserConfig>;
export type BackoffConfig = UserConfig["loginBackoff"]["account"];
