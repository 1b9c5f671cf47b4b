import { allowsEndpoint, allowsModel } from "../../common/access/access.ts";
import { createAddressMatcher } from "../../common/access/address-ranges.ts";
import type { ErrorCode } from "../../common/errors.ts";
import type { Permissions } from "../../gen/common/access/access_pb.ts";

/** Who a working API key stands for, and what it may do: whatever both key and owner allow. */
export interface Principal {
  readonly keyId: string;
  readonly userId: string;
  /** When the key ends by itself; infinite when it does not. */
  readonly validUntilMs: number;
  /** The error from that moment on. */
  readonly endsAs: ErrorCode;
  allowsEndpoint(endpoint: string): boolean;
  allowsModel(model: string): boolean;
  allowsAddress(address: string): boolean;
}

/** Why a key does not work. */
export interface Refusal {
  readonly refusedAs: ErrorCode;
  /** Empty when no such key exists. */
  readonly keyId: string;
  readonly userId: string;
}

export type Verdict = Principal | Refusal;

export interface PrincipalFacts {
  readonly keyId: string;
  readonly userId: string;
  readonly validUntilMs: number;
  readonly endsAs: ErrorCode;
  /** Of the key and of its owner; both have to allow. */
  readonly permissions: readonly Permissions[];
}

/** Does once, for all requests of a key, whatever does not depend on the request. */
export function createPrincipal({ permissions, ...facts }: PrincipalFacts): Principal {
  const addressChecks = permissions
    .filter(({ ipRanges }) => ipRanges.length > 0)
    .map(({ ipRanges }) => createAddressMatcher(ipRanges));
  const anyModel = permissions.every(
    ({ models }) => models?.allow.includes("*") && models.deny.length === 0,
  );
  return {
    ...facts,
    allowsEndpoint: (endpoint) => permissions.every((each) => allowsEndpoint(each, endpoint)),
    allowsModel: (model) =>
      anyModel || permissions.every(({ models }) => allowsModel(models, model)),
    allowsAddress: (address) => addressChecks.every((contains) => contains(address)),
  };
}
