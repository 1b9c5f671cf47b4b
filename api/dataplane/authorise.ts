import { AppError } from "../../common/errors.ts";
import type { RequestRecord } from "../edge/request-record.ts";
import type { EndpointName } from "../types/endpoints.ts";
import type { Principal } from "./principal.ts";

/** @throws `ip_not_allowed`, `endpoint_not_allowed` */
export function authorise(
  principal: Principal,
  endpoint: EndpointName,
  record: RequestRecord,
): void {
  if (!principal.allowsAddress(record.ip)) {
    throw new AppError("ip_not_allowed", `This API key may not be used from ${record.ip}.`);
  }
  if (!principal.allowsEndpoint(endpoint)) {
    throw new AppError("endpoint_not_allowed", `This API key may not use ${endpoint}.`);
  }
}

/** @throws `model_not_allowed` */
export function authoriseModel(principal: Principal, model: string): void {
  if (principal.allowsModel(model)) return;
  const message = `This API key may not use the model \`${model}\`.`;
  throw new AppError("model_not_allowed", message, { details: [{ field: "model", message }] });
}
