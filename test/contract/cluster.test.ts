import { suite } from "node:test";
import { needsCluster, startClusterDeployment } from "../support/deployment.ts";
import { holdToContract } from "./suites.ts";

suite("the cluster", needsCluster, () => holdToContract(startClusterDeployment));
