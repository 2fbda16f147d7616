/** Names JSON values the way serde does in its "invalid type" messages, which conflux-rust hands on to miners. */
import { readFloat } from './json-float.js';
import { JsonNumber, JsonObject, type JsonValue } from './json.js';

export function describeJson(value: JsonValue): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return `string ${JSON.stringify(value)}`;
  if (typeof value === 'boolean') return `boolean \`${value}\``;
  if (value instanceof JsonObject) return 'map';
  if (!(value instanceof JsonNumber)) return 'sequence';
  return value.isInteger ? `integer \`${value.text}\`` : `floating point \`${floatText(value.text)}\``;
}

/** Shortest digits, in scientific form from 1e16 up and below 1e-5, with a decimal point otherwise. */
function floatText(text: string): string {
  const value = readFloat(text);
  if (Object.is(value, -0)) return '-0.0';
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e16 || size < 1e-5)) return value.toExponential().replace('e+', 'e');
  const plain = String(value);
  return plain.includes('.') ? plain : `${plain}.0`;
}
