/** `overcoat support [FILE]`: what a bug report needs, in one archive. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { readSource } from '../../config/read/source.ts';
import { OvercoatError } from '../../errors.ts';
import { tryTool } from '../../gateway/machine/tools.ts';
import { temporaryFolder } from '../../linux/files/temporary-folder.ts';
import { escapeRawBytes } from '../../text/raw-text.ts';
import { systemErrorText } from '../../text/system-error.ts';
import type { SupportArguments } from '../args/command.ts';
import type { ReportFile } from '../support/report.ts';
import { supportReport } from '../support/report.ts';
import { confirm } from '../terminal/confirm.ts';
import { print, printError } from '../terminal/print.ts';

/** @returns the exit code: 1 where nothing was written */
export async function support({ source, save, yes }: SupportArguments): Promise<number> {
  const name = `overcoat-support-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}`;
  const archive = resolve(save ?? `${name}.tar.gz`);
  if (source !== undefined) refuseUnreadable(source.file);
  const files = await supportReport(source);
  print(`${archive} would hold:\n${files.map(row).join('\n')}\n`);
  print('Without keys, certificates and passwords; addresses, names and paths are readable.\n');
  const agreed = yes ? true : confirm('Write it?');
  if (agreed !== true) {
    printError(agreed === undefined ? 'there is no terminal to ask on; say --yes to write without being asked' : 'nothing was written');
    return 1;
  }
  await pack(archive, name, files);
  print(`Written: ${archive}. Look through it before you pass it on.\n`);
  return 0;
}

/** A report without the configuration it is about would be found out by whoever gets it. @throws OvercoatError `config_unreadable` */
function refuseUnreadable(file: string): void {
  const read = readSource({ file }, false);
  if (!read.ok) throw new OvercoatError('config_unreadable', `${file}: the configuration cannot be read: ${read.error}; ${read.remedy}`);
}

function row({ name, about, text }: ReportFile): string {
  return `  ${name.padEnd(20)}${about} (${text.split('\n').length - 1} lines)`;
}

/** Readable by this user alone. @throws OvercoatError where the archive is there already or cannot be written */
async function pack(archive: string, name: string, files: readonly ReportFile[]): Promise<void> {
  const work = temporaryFolder('support', 'support');
  try {
    mkdirSync(join(work, name));
    for (const file of files) writeFileSync(join(work, name, file.name), escapeRawBytes(file.text));
    const packed = join(work, basename(archive));
    const members = files.map((file) => `${name}/${file.name}`);
    const { code, stderr } = await tryTool('tar', ['--create', '--gzip', '--file', packed, '--directory', work, ...members]);
    if (code !== 0) throw new Error(stderr.trim());
    writeFileSync(archive, readFileSync(packed), { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    throw new OvercoatError(
      'start_process',
      `${archive} cannot be written: ${systemErrorText(cause)}; name another file with --save`,
      cause,
    );
  } finally {
    rmSync(work, { recursive: true });
  }
}
