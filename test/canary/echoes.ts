import {
  answerJson,
  answerStream,
  type LedgerEntry,
  type UpstreamScript,
} from "../support/upstream.ts";

const credentialOf = ({ headers }: LedgerEntry) => headers["authorization"] ?? "";
const refusalOf = (entry: LedgerEntry) => ({
  error: { message: `Incorrect API key provided: ${credentialOf(entry)}`, code: "invalid" },
});

/** How an upstream that quotes the credential may answer, and how it may fail. */
export const echoes: readonly UpstreamScript[] = [
  answerJson(200, { id: "1", choices: [], usage: null }),
  (answer, entry) => answerJson(401, refusalOf(entry))(answer, entry),
  (answer, entry) => answerJson(200, refusalOf(entry))(answer, entry),
  (answer, entry) => answerJson(500, `<html>${credentialOf(entry)}`)(answer, entry),
  (answer, entry) => {
    const event = `data: ${JSON.stringify(refusalOf(entry))}\n\n`;
    return answerStream([event])(answer, entry);
  },
  async ({ head, write, cut }, entry) => {
    head(401, { "content-type": "application/json" });
    await write(JSON.stringify(refusalOf(entry)).slice(0, -20));
    cut();
  },
  (answer, entry) =>
    answerJson(302, "", { location: `/?key=${credentialOf(entry)}` })(answer, entry),
  ({ cut }) => cut(),
];
