// `layout infer`: an inference as the command's result, and as a layout file that `--layout FILE` reads.
import { writeFileSync } from 'node:fs';
import { InspectError } from '../../bytes/errors.js';
import { loadConstants } from '../../layout/constants.js';
import { layoutsFolder, measuredNearest, type TableRequest } from '../../layout/load.js';
import { canonicalRelease, lineOf, parseRelease } from '../../layout/release.js';
import type { LayoutInferResult, LayoutInferStruct } from '../../layout/results.js';
import type { InferredSure, TableFile } from '../../layout/schema.js';
import { layoutSchemaVersion } from '../../layout/show.js';
import { formatTableFile, toTableFile } from '../../layout/table-text.js';
import type { Inference } from './infer-structs.js';
import { inferredLayout } from './inferred-layout.js';

export function inferResult({ structs, mheapAddress, near }: Inference, request: TableRequest): LayoutInferResult {
  const asStruct = ({ size, fields }: Inference['structs'][number]): LayoutInferStruct => ({
    size: size ?? null,
    fields: Object.fromEntries(fields.map(({ name, ...field }) => [name, field])),
  });
  return {
    schemaVersion: layoutSchemaVersion,
    goVersion: releaseName(request.goVersion),
    arch: near.goarch,
    experiments: near.experiments,
    pointerSize: near.pointerSize,
    source: 'inferred',
    others: near.name,
    mheap: `0x${mheapAddress.toString(16)}`,
    structs: Object.fromEntries(structs.map((struct) => [struct.name, asStruct(struct)])),
  };
}

/** A development tree counts as its line's first release: a file needs a name for it. */
function releaseName(goVersion: string): string {
  const release = parseRelease(goVersion);
  return release ? canonicalRelease(release) : goVersion;
}

/**
 * Writes the inferred structs, and the nearest release's for all others, as a layout file of the image's release. Throws InspectError: `unsupported` where the version is
 * none that a file can name, `read-failed` or `no-permission` where it can't be written.
 */
export function saveInference(inference: Inference, request: TableRequest, path: string): void {
  const text = inferredFile(inference, request);
  try {
    writeFileSync(path, text);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'failed';
    const denied = code === 'EACCES' || code === 'EPERM';
    throw new InspectError(denied ? 'no-permission' : 'read-failed', path, `can’t be written (${code})`);
  }
}

/** The text of that file. */
export function inferredFile(inference: Inference, request: TableRequest): string {
  const release = parseRelease(request.goVersion);
  if (!release)
    throw new InspectError(
      'unsupported',
      request.goVersion,
      'is no release that a layout file could name',
      '--go tells which it is nearest to',
    );
  const others = measuredNearest({ ...request, without: [...(request.without ?? []), lineOf(release)] });
  if (!others) throw new InspectError('no-layout', request.goarch, 'no table has the structs that were not told');
  const layout = inferredLayout(inference, request.goVersion);
  const structs = new Map(others.structs);
  const sure: Record<string, Record<string, InferredSure>> = {};
  for (const name of layout.structNames()) {
    const struct = layout.struct(name);
    if (struct?.source !== 'inferred') continue;
    structs.set(name, { size: struct.size, fields: [...struct.fields.values()] });
    sure[name] = Object.fromEntries(
      [...struct.fields.values()].map(({ name: field, confidence = 0, alternatives = [] }) => [
        field,
        { confidence, alternatives },
      ]),
    );
  }
  const { layoutNeutralExperiments } = loadConstants(layoutsFolder());
  const experiments = request.experiments.filter((name) => !layoutNeutralExperiments.includes(name)).sort();
  const table: TableFile = toTableFile([{ ...others, goVersion: canonicalRelease(release), experiments, structs }]);
  return formatTableFile({ ...table, inferred: { others: others.goVersion, structs: sure } });
}
