import { defineVariant } from "../variant.js";
import { forms } from "./blocked_rv32im.js";
import { convVariant } from "./conv2d_s8_blocked.js";

export default defineVariant(convVariant("rv32im", forms, 1100));
