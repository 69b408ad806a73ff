/** A running firmware, wherever it runs: the host, a simulator, later a board. */
import { UserError } from "../errors.js";
import type { Project } from "../project/open.js";
import { openHost } from "./host.js";
import { linkClient, type RunOptions, type RunReply } from "./link/client.js";
import type { DeviceInfo } from "./link/messages.js";
import type { Transport } from "./link/transport.js";
import { openSimulator } from "./simulator.js";

export type TargetName = "host" | "simulator";

export interface Device {
  readonly info: DeviceInfo;
  /** One inference: stored bytes in, stored bytes out. Throws E_LINK, also when the model's run function fails. */
  run(inputs: readonly Uint8Array[], options?: RunOptions): Promise<RunReply & { outputs: Uint8Array[] }>;
  close(): Promise<void>;
}

const OPENERS: Readonly<Record<TargetName, (project: Project) => Promise<Transport>>> = {
  host: openHost,
  simulator: openSimulator,
};

/** Throws E_TOOL_..., E_LINK, and E_SIGNATURE when other firmware answers than the project's. */
export async function openDevice(project: Project, target: TargetName): Promise<Device> {
  return deviceOver(await OPENERS[target](project), project, target);
}

/**
 * The device at the other end of a line, which it closes.
 * @param where for messages: "the firmware on ..."
 * @throws UserError E_LINK, E_SIGNATURE.
 */
export async function deviceOver(transport: Transport, project: Project, where: string): Promise<Device> {
  const client = linkClient(transport);
  try {
    const info = await client.info(project.models.indexOf(project.manifest.name));
    const { signature, name } = project.manifest;
    if (info.signature !== signature) {
      throw new UserError(
        "E_SIGNATURE",
        `the firmware on ${where} is ${info.name} with signature ${info.signature}, the project's is ${name} with ${signature}; build the project again`,
      );
    }
    return {
      info,
      async run(inputs, options) {
        for (const [i, bytes] of inputs.entries()) await client.write(i, bytes);
        const reply = await client.run(options);
        if (reply.status !== 0) throw new UserError("E_LINK", `the model's run function returned ${reply.status}`);
        const outputs: Uint8Array[] = [];
        for (const [i, bytes] of info.outputBytes.entries()) outputs.push(await client.read(i, bytes));
        return { ...reply, outputs };
      },
      close: () => client.close(),
    };
  } catch (error) {
    await client.close();
    throw error;
  }
}
