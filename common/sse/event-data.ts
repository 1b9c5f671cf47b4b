const byteOrderMark = 0xfeff;

/**
 * The `data` of one whole event: its data lines joined by line feeds, or undefined when it has
 * none, as a comment has not. (https://html.spec.whatwg.org/multipage/server-sent-events.html)
 */
export function eventData(event: Buffer): string | undefined {
  let text = event.toString();
  if (text.charCodeAt(0) === byteOrderMark) text = text.slice(1);
  let data: string | undefined;
  for (const line of text.split(/\r\n|\n|\r/)) {
    if (line !== "data" && !line.startsWith("data:")) continue;
    const value = line.startsWith("data: ") ? line.slice(6) : line.slice(5);
    data = data === undefined ? value : `${data}\n${value}`;
  }
  return data;
}
