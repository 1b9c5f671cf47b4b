/** Tells the person who starts it; not a log line, since logs carry no secret. */
export function printSetupToken(token: string): void {
  process.stderr.write(
    `Register the first account, the owner, with this one-time setup token: ${token}\n`,
  );
}
