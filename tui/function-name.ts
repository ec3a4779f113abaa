// Names of functions in little room: the folders of an import path are what a reader misses least.

/** The name as it is where it fits, else without the folders of its import path: `sync.runtime_SemacquireMutex` of `internal/sync.…`. Type arguments stay. */
export function fittingName(name: string, room: number): string {
  if (name.length <= room) return name;
  const arguments_ = name.search(/[[(]/);
  const path = arguments_ < 0 ? name : name.slice(0, arguments_);
  return name.slice(path.lastIndexOf('/') + 1);
}
