/** .npy files as numpy.save writes them, from the format's description; the oracle of the data tests. */
export function npyBytes(
  descr: string,
  shape: readonly number[],
  data: Uint8Array,
  { fortran = false, version = 1 }: { fortran?: boolean; version?: number } = {},
): Uint8Array {
  const dims = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const python = fortran ? "True" : "False";
  const text = `{'descr': '${descr}', 'fortran_order': ${python}, 'shape': (${dims}), }`;
  const lengthBytes = version === 1 ? 2 : 4;
  const padded = Math.ceil((6 + 2 + lengthBytes + text.length + 1) / 64) * 64;
  const header = text.padEnd(padded - 8 - lengthBytes - 1) + "\n";
  const bytes = new Uint8Array(padded + data.length);
  bytes.set([0x93, ...Buffer.from("NUMPY"), version, 0]);
  const view = new DataView(bytes.buffer);
  if (version === 1) view.setUint16(8, header.length, true);
  else view.setUint32(8, header.length, true);
  bytes.set(Buffer.from(header, "latin1"), 8 + lengthBytes);
  bytes.set(data, padded);
  return bytes;
}

export function float32Npy(shape: readonly number[], values: ArrayLike<number>): Uint8Array {
  return npyBytes("<f4", shape, new Uint8Array(Float32Array.from(values).buffer));
}
