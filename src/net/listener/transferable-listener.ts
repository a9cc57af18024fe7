import type { BorrowedSocket } from "../../posix/borrowed-socket.ts";
import type { FileNumber } from "../../system/services.ts";

/** A listener that `handOver()` accepts: a Listener, a Server, or the result of `serve()`. */
export abstract class TransferableListener {
  /** The listening sockets, one for each address, for options. The listener still owns them. */
  abstract readonly sockets: readonly BorrowedSocket[];
  /** Whether it has stopped listening. */
  abstract readonly closed: boolean;
  /** Whether close() removes the path. @internal */
  abstract readonly ownsPath: boolean;
  /** The file at that path when it was created. @internal */
  abstract readonly pathFile: FileNumber | undefined;
  /**
   * `close()` while another process accepts from the same sockets: no accepted connection is
   * dropped, and the path stays.
   *
   * @internal
   */
  abstract retire(drain: number | undefined): Promise<void>;
}
