import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
} from "node:crypto";
import { calculateJwkThumbprint } from "jose";
import { seal, unseal } from "../../common/seal.ts";

/** The key pair that signs access tokens: one for the deployment. */
export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** As the key set publishes it. */
  readonly publicJwk: JsonWebKey;
}

interface StoredKey {
  readonly kid: string;
  readonly publicJwk: string;
  readonly privateSealed: Uint8Array;
  readonly createdAtMs: number;
}

export interface SigningKeyOptions {
  readonly masterKey: Uint8Array;
  readonly now: () => number;
  /** Keeps a candidate unless there is a key already; returns the one that counts. */
  keep(candidate: StoredKey): Promise<StoredKey>;
}

/** Loads the deployment's signing key; the first start makes it. */
export async function loadSigningKey(options: SigningKeyOptions): Promise<SigningKey> {
  const { kid, publicJwk, privateSealed } = await options.keep(await generate(options));
  const pkcs8 = unseal(options.masterKey, privateSealed, binding(kid));
  const publicKeyJwk: JsonWebKey = JSON.parse(publicJwk);
  return {
    kid,
    publicJwk: publicKeyJwk,
    publicKey: createPublicKey({ key: publicKeyJwk, format: "jwk" }),
    privateKey: createPrivateKey({ key: Buffer.from(pkcs8), format: "der", type: "pkcs8" }),
  };
}

async function generate({ masterKey, now }: SigningKeyOptions): Promise<StoredKey> {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const jwk = publicKey.export({ format: "jwk" });
  const kid = await calculateJwkThumbprint({ kty: "OKP", crv: "Ed25519", x: String(jwk.x) });
  const pkcs8 = privateKey.export({ format: "der", type: "pkcs8" });
  return {
    kid,
    publicJwk: JSON.stringify({ ...jwk, kid, alg: "EdDSA", use: "sig" }),
    privateSealed: seal(masterKey, pkcs8, binding(kid)),
    createdAtMs: now(),
  };
}

const binding = (kid: string) => `user signing key ${kid}`;
