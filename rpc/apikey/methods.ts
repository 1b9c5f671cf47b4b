// Generated from rpc/apikey/apikey.proto by `npm run gen`. Never edited.
import type { ServiceImplementation } from "../../common/rpc/service.ts";
import type { ApiKeyService } from "../../gen/rpc/apikey/apikey_pb.ts";
import type { ApiKeyContext } from "./context.ts";
import { deleteApiKey } from "./logic/delete-api-key.ts";
import { generateApiKey } from "./logic/generate-api-key.ts";
import { getApiKey } from "./logic/get-api-key.ts";
import { listApiKeys } from "./logic/list-api-keys.ts";
import { rotateApiKey } from "./logic/rotate-api-key.ts";
import { setApiKeyStatus } from "./logic/set-api-key-status.ts";
import { updateApiKey } from "./logic/update-api-key.ts";
import { validateApiKey } from "./logic/validate-api-key.ts";
import { watchApiKeys } from "./logic/watch-api-keys.ts";

/** Binds every method of ApiKeyService to its logic. */
export function createApiKeyMethods(
  context: ApiKeyContext,
): ServiceImplementation<typeof ApiKeyService> {
  return {
    generateApiKey: (request, call) => generateApiKey(context, request, call),
    listApiKeys: (request, call) => listApiKeys(context, request, call),
    getApiKey: (request, call) => getApiKey(context, request, call),
    updateApiKey: (request, call) => updateApiKey(context, request, call),
    deleteApiKey: (request, call) => deleteApiKey(context, request, call),
    setApiKeyStatus: (request, call) => setApiKeyStatus(context, request, call),
    rotateApiKey: (request, call) => rotateApiKey(context, request, call),
    validateApiKey: (request, call) => validateApiKey(context, request, call),
    watchApiKeys: (request, call) => watchApiKeys(context, request, call),
  };
}
