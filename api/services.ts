import type { Client } from "../common/rpc/service.ts";
import type { ApiKeyService } from "../gen/rpc/apikey/apikey_pb.ts";
import type { ModelService } from "../gen/rpc/model/model_pb.ts";
import type { OpenAIService } from "../gen/rpc/openai/openai_pb.ts";
import type { UserService } from "../gen/rpc/user/user_pb.ts";

/** The services as the gateway holds them, local or remote. */
export interface Services {
  readonly user: Client<typeof UserService>;
  readonly apikey: Client<typeof ApiKeyService>;
  readonly model: Client<typeof ModelService>;
  readonly openai: Client<typeof OpenAIService>;
}
