// What each script is given, and how it reports: as ../packages/given.py.
import assert from "node:assert/strict";

export const NOVA = "us.amazon.nova-pro-v1:0";
export const CLAUDE = "us.anthropic.claude-haiku-4-5-20251001-v1:0";
export const CUSTOM = process.env.CUSTOM_MODEL;
export const URL = process.env.AWS_ENDPOINT_URL_BEDROCK_RUNTIME;
export const REGION = "us-east-1";
export const TEXT = "message 3: where is my card";
const CITIES = ["Basel", "Bern"];
export const SCHEMA = {
  type: "object",
  properties: { city: { type: "string", enum: CITIES } },
  required: ["city"],
  additionalProperties: false,
};

export const label = (text) => assert.equal(text, "card_arrival");

export function city(said) {
  const read = typeof said === "string" ? JSON.parse(said) : said;
  assert.deepEqual(Object.keys(read), ["city"]);
  assert.ok(CITIES.includes(read.city), read.city);
}

export async function joined(parts, textOf = (part) => part) {
  let said = "";
  for await (const part of parts) said += textOf(part) ?? "";
  label(said);
}

export async function report(capabilities) {
  const found = {};
  for (const [name, check] of Object.entries(capabilities)) {
    try {
      await check();
      found[name] = "works";
    } catch (error) {
      console.error(`--- ${name}`, error);
      found[name] = "fails";
    }
  }
  console.log(JSON.stringify(found));
}
