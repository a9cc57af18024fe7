import { argumentType, checkObject, integer, kind } from "../../errors/argument.ts";
import { checkWait, onAbort, throwIfAborted, type WaitOptions } from "../abort.ts";
import { NOT_OF_SEND_FILE, refuseOptionsOfOthers } from "../options/options-of-others.ts";
import { FileSending } from "./file-sending.ts";
import { checkFile, type FileToOpen, type FileToSend } from "./file-to-send.ts";
import type { HeldStream } from "./held-stream.ts";

/** Options of `sendFile()`. */
export interface SendFileOptions extends WaitOptions {
  /** Where in the file to begin; 0 by default. */
  readonly offset?: number | undefined;
  /** How many bytes to send at most; to the end of the file by default. */
  readonly length?: number | undefined;
  /** Called with the number of bytes that the system has accepted, each time it grows. */
  readonly progress?: ((sent: number) => void) | undefined;
}

/** Validated options, each read once. */
export interface CheckedFile {
  readonly file: FileToOpen;
  readonly offset: number;
  readonly length: number;
  readonly progress: ((sent: number) => void) | undefined;
  readonly wait: WaitOptions;
}

/**
 * Throws a TypeError or RangeError for bad arguments, and the reason of a signal that is aborted.
 */
export function checkSendFile(file: FileToSend, options: SendFileOptions): CheckedFile {
  const fileToOpen = checkFile(file);
  checkObject("options", "{ offset?, length?, progress?, signal?, timeout? }", options);
  refuseOptionsOfOthers("sendFile()", options, NOT_OF_SEND_FILE);
  const { offset = 0, length, progress, signal, timeout } = options;
  integer("offset", offset, 0, Number.MAX_SAFE_INTEGER);
  if (length !== undefined) integer("length", length, 0, Number.MAX_SAFE_INTEGER);
  if (progress !== undefined && typeof progress !== "function")
    throw argumentType(`progress must be a function, not ${kind(progress)}`);
  const wait = { signal, timeout };
  checkWait(wait);
  throwIfAborted(signal);
  return { file: fileToOpen, offset, length: length ?? Number.MAX_SAFE_INTEGER, progress, wait };
}

/** Sends a file in its turn; resolves to the number of bytes. */
export function sendFile(
  held: HeldStream,
  { wait, ...file }: CheckedFile,
  broken: (error: unknown) => void,
): Promise<number> {
  const stream = held.inner;
  return new Promise((resolve, reject) => {
    let stop = () => {};
    const done = (error: unknown, failed: boolean) => {
      stop();
      if (failed) reject(error);
      else resolve(sending.sent);
    };
    const sending = new FileSending(stream, held, { ...file, done, broken });
    stop = onAbort(stream.system.clock, "sendFile()", wait, (reason) => sending.abort(reason));
    held.send(sending);
  });
}
