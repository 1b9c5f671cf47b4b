import { type DemoRequest, type Message, type Tool, textOf } from "./demo-request.ts";
import { sampleValue } from "./sample-value.ts";

export interface ToolCall {
  readonly id: string;
  readonly type: "function";
  readonly function: { readonly name: string; readonly arguments: string };
}

/** What the model says, in the parts in which it streams it. A part counts as one token. */
export interface Reply {
  readonly parts: readonly string[];
  readonly toolCalls: readonly ToolCall[];
  readonly finishReason: "stop" | "length" | "tool_calls";
}

/** The demo model's whole wit. */
export function composeReply(request: DemoRequest): Reply {
  const last = request.messages.at(-1);
  const toolCalls = last?.role === "tool" ? [] : callTools(request);
  if (toolCalls.length > 0) return { parts: [], toolCalls, finishReason: "tool_calls" };
  const text = untilStop(compose(request, last), request.stop);
  const parts = text.match(/\s*\S+\s*$|\s*\S+/g) ?? [];
  const partsMax = request.max_completion_tokens ?? request.max_tokens ?? parts.length;
  return {
    parts: parts.slice(0, partsMax),
    toolCalls: [],
    finishReason: parts.length > partsMax ? "length" : "stop",
  };
}

/** A tool is called when the caller insists, or the question names it. */
function callTools({ tools, tool_choice, ...request }: DemoRequest): ToolCall[] {
  if (!tools || tool_choice === "none") return [];
  const question = questionOf(request.messages).toLowerCase();
  const isNamed = ({ function: { name } }: Tool) =>
    question.includes(name.toLowerCase()) ||
    question.includes(name.toLowerCase().replaceAll("_", " "));
  let called = tools.filter(isNamed);
  if (typeof tool_choice === "object" && tool_choice) {
    called = tools.filter((tool) => tool.function.name === tool_choice.function.name);
  } else if (called.length === 0 && (tool_choice === "required" || /\btools?\b/.test(question))) {
    called = tools.slice(0, 1);
  }
  if (request.parallel_tool_calls === false) called = called.slice(0, 1);
  return called.map(callOf);
}

const callOf = ({ function: { name, parameters } }: Tool): ToolCall => ({
  id: `call_${crypto.randomUUID().replaceAll("-", "").slice(0, 24)}`,
  type: "function",
  function: { name, arguments: JSON.stringify(sampleValue(parameters ?? { type: "object" })) },
});

function compose({ response_format, messages }: DemoRequest, last: Message | undefined): string {
  const question = questionOf(messages);
  if (response_format?.type === "json_schema") {
    return JSON.stringify(sampleValue(response_format.json_schema?.schema));
  }
  if (response_format?.type === "json_object") return JSON.stringify({ answer: question });
  if (last?.role === "tool") return `The tool answered: ${textOf(last)}`;
  return (
    `You said: "${question}". I am the demo model: I live inside the gateway, know nothing, and ` +
    "answer everybody alike. Name one of your tools and I call it; write `fail 429`, `fail 500`, " +
    "`fail midstream` or `slow`, and I do just that."
  );
}

export function questionOf(messages: readonly Message[]): string {
  const question = messages.findLast(({ role }) => role === "user");
  return question ? textOf(question).trim() : "";
}

function untilStop(text: string, stop: DemoRequest["stop"]): string {
  const stops = typeof stop === "string" ? [stop] : (stop ?? []);
  const ends = stops.filter(Boolean).map((end) => text.indexOf(end));
  const end = Math.min(...ends.filter((at) => at >= 0), text.length);
  return text.slice(0, end);
}
