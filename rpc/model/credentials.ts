import { seal, unseal } from "../../common/seal.ts";

/** Seals the credentials of channels, each bound to its channel; none comes out in the clear. */
export interface Credentials {
  /** Undefined for an empty credential. */
  seal(channelId: string, credential: string): Uint8Array | undefined;
  /** Whether a sealed credential is this one. */
  matches(channelId: string, sealed: Uint8Array | undefined, credential: string): boolean;
  /** The text with a credential that stands in it blotted out, such as an upstream's complaint. */
  blotOut(channelId: string, sealed: Uint8Array | undefined, text: string): string;
}

export function createCredentials(masterKey: Uint8Array): Credentials {
  /** Empty when there is none; undefined when the master key is not the one that sealed it. */
  const open = (channelId: string, sealed: Uint8Array | undefined): string | undefined => {
    if (sealed === undefined) return "";
    try {
      return Buffer.from(unseal(masterKey, sealed, channelId)).toString();
    } catch {
      return undefined;
    }
  };
  return {
    seal(channelId, credential) {
      const text = credential.trim();
      return text === "" ? undefined : seal(masterKey, Buffer.from(text), channelId);
    },
    matches: (channelId, sealed, credential) => open(channelId, sealed) === credential.trim(),
    blotOut(channelId, sealed, text) {
      const credential = open(channelId, sealed);
      return credential ? withoutCutEnd(text.replaceAll(credential, mark), credential) : text;
    },
  };
}

/** A long text may have been cut in the middle of the credential. */
function withoutCutEnd(text: string, credential: string): string {
  for (let length = credential.length - 1; length >= tellingChars; length--) {
    if (text.endsWith(credential.slice(0, length))) return text.slice(0, -length) + mark;
  }
  return text;
}

const mark = "[credential]";
/** Fewer of its first characters tell nothing: providers begin every key alike. */
const tellingChars = 4;
