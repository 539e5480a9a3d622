// The AI SDK: generateText and streamText with @ai-sdk/amazon-bedrock.
import { createAmazonBedrock } from "@ai-sdk/amazon-bedrock";
import { Output, generateText, jsonSchema, streamText, tool } from "ai";
import { CLAUDE, CUSTOM, NOVA, REGION, SCHEMA, TEXT, URL, city, joined, label, report } from "./given.js";

const bedrock = createAmazonBedrock({
  region: REGION,
  baseURL: URL,
  accessKeyId: process.env.AWS_ACCESS_KEY_ID,
  secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY,
});
const ask = (name, more = {}) => generateText({ model: bedrock(name), prompt: TEXT, maxRetries: 0, ...more });

await report({
  converse: async () => label((await ask(NOVA)).text),
  stream: async () => joined(streamText({ model: bedrock(NOVA), prompt: TEXT }).textStream),
  tools: async () => {
    const weather = tool({ description: "of a city", inputSchema: jsonSchema(SCHEMA) });
    const reply = await ask(NOVA, { tools: { weather }, toolChoice: { type: "tool", toolName: "weather" } });
    city(reply.toolCalls[0].input);
  },
  structured: async () => city((await ask(CLAUDE, { output: Output.object({ schema: jsonSchema(SCHEMA) }) })).output),
  custom: async () => label((await ask(CUSTOM)).text),
});
