// Where bytes come from: a file, a buffer, later process memory or an unpacked image. Knows nothing of what they mean.

/** Random access to bytes. Implementations: FileSource, BufferSource. */
export interface ByteSource {
  /** For messages: the path as the user gave it. */
  readonly name: string;
  /** Length in bytes. */
  readonly size: number;
  /**
   * Copies bytes from `offset` on into `target` and returns how many were copied: fewer than asked for only
   * at the end of the source (0 beyond it). Throws InspectError `read-failed` where the system refuses.
   */
  read(offset: number, target: Uint8Array): number;
  close(): void;
}
