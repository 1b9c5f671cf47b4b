import { createModel, deleteModel, getModel, listModels, updateModel } from "../logic/models.ts";
import { admins, members } from "../middleware/access.ts";
import { nothingBack } from "../types/fields.ts";
import {
  CreateModel,
  ListModels,
  Model,
  ModelById,
  ModelPage,
  UpdateModel,
} from "../types/models.ts";
import { route } from "./route.ts";

// Model ids such as "openai/gpt-4o" contain slashes, written as they are or percent-encoded.
const modelPath = "/api/v1/models/{+id}";

export const modelRoutes = [
  route({
    method: "post",
    path: "/api/v1/models",
    summary: "Describe a model",
    access: admins,
    input: CreateModel,
    data: Model,
    status: 201,
    errors: ["resource.conflict"],
    logic: createModel,
  }),
  route({
    method: "get",
    path: "/api/v1/models",
    summary: "List described models",
    access: members,
    input: ListModels,
    data: ModelPage,
    logic: listModels,
  }),
  route({
    method: "get",
    path: modelPath,
    summary: "Look up a model",
    access: members,
    input: ModelById,
    data: Model,
    logic: getModel,
  }),
  route({
    method: "patch",
    path: modelPath,
    summary: "Change a model's description",
    access: admins,
    input: UpdateModel,
    data: Model,
    errors: ["resource.read_only"],
    logic: updateModel,
  }),
  route({
    method: "delete",
    path: modelPath,
    summary: "Delete a model's description",
    access: admins,
    input: ModelById,
    data: nothingBack,
    errors: ["resource.read_only"],
    logic: deleteModel,
  }),
];
