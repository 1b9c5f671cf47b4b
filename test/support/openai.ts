/** An error as OpenAI's clients expect it. */
interface OpenAIErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string | null;
  };
}

export const errorOf = async (response: Response): Promise<OpenAIErrorBody["error"]> => {
  const body = (await response.json()) as OpenAIErrorBody;
  return body.error;
};

/** One event of a chat stream, as a provider sends it. */
export const chatEvent = (content: string) =>
  `data: ${JSON.stringify({
    id: "chatcmpl-1",
    object: "chat.completion.chunk",
    created: 1,
    model: "gpt-test",
    choices: [{ index: 0, delta: { content }, finish_reason: null }],
  })}\n\n`;

export const doneEvent = "data: [DONE]\n\n";
