// The first screen's answers without the worker: the same as the worker's, and only for small plain files.
import { mkdtempSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { createSession, type Session } from '../../src/session/client.js';
import { firstAnswers } from '../../src/session/first-answers.js';

const folder = join(import.meta.dirname, '../../fixtures/sample');
const request = { files: [join(folder, 'server'), join(folder, 'core.sparse')], options: {} };
const scratch = mkdtempSync(join(tmpdir(), 'spanscope-'));
let session: Session | undefined;
afterEach(() => session?.close());

describe('the first answers', () => {
  it('are those of the worker, which takes over afterwards', async () => {
    session = createSession(firstAnswers(request));
    expect(session.answersAtOnce).toBe(true);
    const opened = await session.call('openTarget', request);
    const overview = await session.call('overview', {});
    const all = { filter: '', sort: { column: 'index', descending: false } } as const;
    const rows = await session.call('spanWindow', { query: all, from: 0, count: 1 });
    expect(rows.total).toBe(overview.spans?.total);
    expect(await session.call('overview', {})).toEqual(overview);
    await session.close();
    session = createSession();
    expect(session.answersAtOnce).toBe(false);
    expect(await session.call('openTarget', request)).toEqual(opened);
  });

  it('fail as the worker does', async () => {
    const file = join(scratch, 'broken');
    writeFileSync(file, '\u007fELF and no more');
    const broken = { files: [file], options: {} };
    const fields = async (each: Session) => {
      session = each;
      const { code, subject, why } = await each.call('openTarget', broken).then(
        () => ({ code: 'none', subject: '', why: '' }),
        (error: { code: string; subject: string; why: string }) => error,
      );
      await each.close();
      return { code, subject, why };
    };
    const first = await fields(createSession(firstAnswers(broken)));
    expect(first.code).not.toBe('none');
    expect(first).toEqual(await fields(createSession()));
  });

  it('are left to the worker for what may take long', () => {
    const large = join(scratch, 'large');
    writeFileSync(large, '\u007fELF');
    truncateSync(large, 40 << 20);
    const packed = join(scratch, 'core.gz');
    writeFileSync(packed, gzipSync('\u007fELF'));
    for (const files of [[large], [packed], ['pid:1'], [scratch], [join(scratch, 'none')], []])
      expect(firstAnswers({ files, options: {} }), files.join()).toBeUndefined();
    expect(firstAnswers({ files: request.files, options: { regions: 'x' } })).toBeUndefined();
  });
});
