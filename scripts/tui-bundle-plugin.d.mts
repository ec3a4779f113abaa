/** By package, the version for which its replacements were written. */
export const replacedVersions: Readonly<Record<string, string>>;
export function installedVersion(name: string): string;
export function yogaWasm(): Buffer;
