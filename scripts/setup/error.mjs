/** Set-up failed; the message is one clear sentence for the person at the terminal. */
export class SetupError extends Error {
  name = "SetupError";
}
