// LangChain.js: ChatBedrockConverse. It forces tools of Claude and Mistral alone.
import { ChatBedrockConverse } from "@langchain/aws";
import { BedrockRuntimeClient } from "@aws-sdk/client-bedrock-runtime";
import { CLAUDE, CUSTOM, NOVA, REGION, SCHEMA, TEXT, city, joined, label, report } from "./given.js";

const client = new BedrockRuntimeClient({ region: REGION });
const model = (name) => new ChatBedrockConverse({ model: name, region: REGION, client });
const tool = { name: "weather", description: "of a city", schema: SCHEMA };

await report({
  converse: async () => label((await model(NOVA).invoke(TEXT)).text),
  stream: async () => joined(await model(NOVA).stream(TEXT), (part) => part.text),
  tools: async () => {
    const reply = await model(CLAUDE).bindTools([tool], { tool_choice: "weather" }).invoke(TEXT);
    city(reply.tool_calls[0].args);
  },
  structured: async () => city(await model(CLAUDE).withStructuredOutput(SCHEMA, { name: "place" }).invoke(TEXT)),
  custom: async () => label((await model(CUSTOM).invoke(TEXT)).text),
});
