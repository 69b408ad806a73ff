/** A running firmware, wherever it runs: the host, a simulator, a board at a serial port. */
import { UserError } from "../errors.js";
import type { Project } from "../project/open.js";
import { openHost } from "./host.js";
import { linkClient, type RunOptions, type RunReply } from "./link/client.js";
import { FIRST_BAUD } from "./link/definition.js";
import type { DeviceInfo } from "./link/messages.js";
import type { Transport } from "./link/transport.js";
import { openSerial } from "./serial/port.js";
import { openSimulator } from "./simulator.js";

export type Target =
  | "host"
  | "simulator"
  /** `negotiate`: look for the fastest rate; default true. */
  | { readonly port: string; readonly negotiate?: boolean };

/** The target as a word for messages. */
export const targetName = (target: Target): string => (typeof target === "string" ? target : target.port);

export interface Device {
  readonly info: DeviceInfo;
  /** Rate of the line that was agreed on; null where none was looked for. */
  readonly baud: number | null;
  /** What the firmware wrote to its log since it was asked last. */
  log(): Promise<string>;
  /** One inference: stored bytes in, stored bytes out. Throws E_LINK, also when the model's run function fails. */
  run(inputs: readonly Uint8Array[], options?: RunOptions): Promise<RunReply & { outputs: Uint8Array[] }>;
  close(): Promise<void>;
}

/** Rates that are tried, the fastest first; boards that fall short of 2 Mbaud have one of the others. */
const RATES = [2_000_000, 1_000_000, 921_600, 500_000, 460_800, 250_000, 230_400];

/** Throws E_TOOL_..., E_LINK, and E_SIGNATURE when other firmware answers than the project's. */
export async function openDevice(project: Project, target: Target): Promise<Device> {
  if (target === "host") return deviceOver(await openHost(project), project, target);
  if (target === "simulator") return deviceOver(await openSimulator(project), project, target);
  const { port, negotiate = true } = target;
  const most = negotiate ? (project.board.serial?.maxBaud ?? FIRST_BAUD) : FIRST_BAUD;
  const rates = RATES.filter((rate) => rate <= most && rate > FIRST_BAUD);
  return deviceOver(await openSerial(port, FIRST_BAUD), project, port, rates);
}

/**
 * The device at the other end of a line, which it closes.
 * @param where for messages: "the firmware on ..."
 * @param rates faster ones to try for a line that has one
 * @throws UserError E_LINK, E_SIGNATURE.
 */
export async function deviceOver(
  transport: Transport,
  project: Project,
  where: string,
  rates: readonly number[] = [],
): Promise<Device> {
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
    const baud = rates.length > 0 ? await client.negotiate(rates, FIRST_BAUD) : null;
    return {
      info,
      baud,
      log: () => client.log(),
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
