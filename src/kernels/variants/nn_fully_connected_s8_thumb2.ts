import { defineVariant } from "../variant.js";
import { forms } from "./blocked_thumb2.js";
import { fullyConnectedVariant } from "./conv2d_s8_blocked.js";

export default defineVariant(fullyConnectedVariant("thumb2", forms, 1000));
