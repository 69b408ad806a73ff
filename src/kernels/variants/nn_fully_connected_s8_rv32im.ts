import { defineVariant } from "../variant.js";
import { forms } from "./blocked_rv32im.js";
import { fullyConnectedVariant } from "./conv2d_s8_blocked.js";

export default defineVariant(fullyConnectedVariant("rv32im", forms, 1100));
