// The trace's record of a change in a listener's queues.

/** The lengths of a listener's two queues, and the backlog in force. */
export interface QueueLengths {
  readonly syn: number;
  readonly accept: number;
  readonly backlog: number;
}

/** The `change` of a state record. */
export const queueChange = ({ syn, accept, backlog }: QueueLengths): string =>
  `queues syn ${syn} accept ${accept} backlog ${backlog}`;

/** The lengths in a state record; undefined if it is about something else. */
export function readQueueChange(change: string): QueueLengths | undefined {
  const [, syn, accept, backlog] = /^queues syn (\d+) accept (\d+) backlog (\d+)$/.exec(change) ?? [];
  if (syn === undefined) return undefined;
  return { syn: Number(syn), accept: Number(accept), backlog: Number(backlog) };
}
