// The AWS SDK for JavaScript: Converse and ConverseStream.
import { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand } from "@aws-sdk/client-bedrock-runtime";
import { CLAUDE, CUSTOM, NOVA, REGION, SCHEMA, TEXT, city, joined, label, report } from "./given.js";

const client = new BedrockRuntimeClient({ region: REGION });
const messages = [{ role: "user", content: [{ text: TEXT }] }];
const tools = [{ toolSpec: { name: "weather", inputSchema: { json: SCHEMA } } }];
const structure = { jsonSchema: { name: "place", schema: JSON.stringify(SCHEMA) } };

async function said(modelId, more = {}) {
  const reply = await client.send(new ConverseCommand({ modelId, messages, ...more }));
  return reply.output.message.content.at(-1);
}

await report({
  converse: async () => label((await said(NOVA)).text),
  stream: async () => {
    const reply = await client.send(new ConverseStreamCommand({ modelId: NOVA, messages }));
    await joined(reply.stream, (event) => event.contentBlockDelta?.delta.text);
  },
  tools: async () =>
    city((await said(NOVA, { toolConfig: { tools, toolChoice: { tool: { name: "weather" } } } })).toolUse.input),
  structured: async () =>
    city((await said(CLAUDE, { outputConfig: { textFormat: { type: "json_schema", structure } } })).text),
  custom: async () => label((await said(CUSTOM)).text),
});
