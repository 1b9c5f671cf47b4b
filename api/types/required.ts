/** A message field that the contract promises, though protobuf types it as optional. */
export function required<Value>(value: Value | undefined, name: string): Value {
  if (value === undefined) throw new Error(`a service left out ${name}`);
  return value;
}
