/** Looks up host names. */
export interface Resolver {
  /**
   * The addresses of a name, at least one.
   *
   * @param family 4 or 6 to look only for those; 0 for both
   * @param verbatim keeps the order of the name server, whatever the runtime's default is
   * @throws Error with the code ENOTFOUND and so on, like node:dns
   */
  lookup(name: string, family: number, verbatim?: boolean): Promise<readonly ResolvedAddress[]>;
}

/** An address of a name. */
export interface ResolvedAddress {
  readonly address: string;
  /** 4 or 6. */
  readonly family: number;
}

/** Identifies a file, so that its creator recognizes it. Both are 64 bits wide (stat(3type)). */
export interface FileNumber {
  readonly dev: bigint;
  readonly ino: bigint;
}

/** The files that bind() creates for unix sockets. */
export interface SocketFiles {
  /** The path from the root. */
  absolute(path: string): string;
  /** Like lstat(2); undefined if there is no such file. May throw. */
  find(path: string | Uint8Array): (FileNumber & { readonly isSocket: boolean }) | undefined;
  /** Like unlink(2). May throw. */
  remove(path: string | Uint8Array): void;
  /** Lets every user read a path, or write to it. May throw. */
  permitAll(path: string, reading: boolean, writing: boolean): void;
}
