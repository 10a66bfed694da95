/**
 * Landlock (landlock(7)): what a thread, and whatever it becomes, may still do with files, TCP ports and processes outside. Only what a
 * kernel knows is asked of it; `missing` says the rest. The trap: it binds the calling thread and those made after, none that are there.
 */
import { closeSync, fstatSync, openSync } from 'node:fs';
import { pathBytes } from '../../text/raw-text.ts';
import { FILTERED, systemError } from '../../text/system-error.ts';
import { landlockAddRule, landlockRestrictSelf, landlockRuleset, landlockVersion } from '../libc/rights.ts';

/** LANDLOCK_ACCESS_FS_*. */
const EXECUTE = 1n << 0n;
const WRITE_FILE = 1n << 1n;
const READ_FILE = 1n << 2n;
const READ_FOLDER = 1n << 3n;
/** REMOVE_DIR, REMOVE_FILE, and MAKE_ of every kind. */
const CHANGE_FOLDER = 0x1ff0n;
/** MAKE_CHAR, MAKE_BLOCK: a device file leads to what the device is, wherever it stands. Nobody may make one. */
const MAKE_DEVICES = (1n << 6n) | (1n << 11n);
const MOVE = 1n << 13n;
const TRUNCATE = 1n << 14n;
const DEVICE_CONTROL = 1n << 15n;
/** What a rule about a file, and not a folder, may hold. */
const OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | DEVICE_CONTROL;

const READING = READ_FILE | READ_FOLDER;
const WRITING = WRITE_FILE | (CHANGE_FOLDER & ~MAKE_DEVICES) | MOVE | TRUNCATE;

/** LANDLOCK_ACCESS_NET_*. */
const BIND_TCP = 1n << 0n;
const CONNECT_TCP = 1n << 1n;
/** LANDLOCK_SCOPE_*. */
const ABSTRACT_SOCKETS = 1n << 0n;
const SIGNALS = 1n << 1n;

const PATH_RULE = 1;
const PORT_RULE = 2;
/** open(2): a place, not its content. */
const O_PATH = 0o10_000_000;

/** A kernel without says that it has no such call, or has it switched off. */
const EPERM = 1;

/** EBADFD: a pipe, a socket. They are in no file system, and no rule is about them. */
const OF_NO_PLACE = 77;

/** The ABI from which on a kernel knows it. */
const MOVES_FROM = 2;
const TRUNCATE_FROM = 3;
const TCP_FROM = 4;
const DEVICES_FROM = 5;
const SCOPES_FROM = 6;

/** Plain data. Files and folders that are not there are left out; `any`: not fenced. */
export interface LandlockRules {
  readonly read: readonly string[];
  /** Read as well, if they are files by then: no folder is let in by such a name. */
  readonly readFiles: readonly string[];
  /** Also made, removed and read; device files are not made. */
  readonly write: readonly string[];
  readonly execute: readonly string[] | 'any';
  /** TCP ports. */
  readonly connect: readonly number[] | 'any';
  readonly bind: readonly number[] | 'any';
  /** Abstract Unix sockets of processes outside may be connected to. */
  readonly abstractSockets: boolean;
}

/** What the running kernel cannot do of it, a few words each; empty: it can do all. */
export function landlockLacks(version: number = landlockVersion()): readonly string[] {
  if (version < 1) return [`Landlock: files, TCP ports${version === -EPERM ? FILTERED : ''}`];
  return [
    ...(version < TCP_FROM ? ['TCP ports (Landlock before ABI 4)'] : []),
    ...(version < SCOPES_FROM ? ['signals (Landlock before ABI 6)'] : []),
  ];
}

/**
 * Binds this thread, those it starts and what it becomes, for good. no_new_privs is set before.
 * @throws NodeJS.ErrnoException nothing has changed then
 */
export function restrictThread(rules: LandlockRules, version: number = landlockVersion()): void {
  if (version < 1) return;
  const files = handledFiles(rules, version);
  const network = version < TCP_FROM ? 0n : (rules.bind === 'any' ? 0n : BIND_TCP) | (rules.connect === 'any' ? 0n : CONNECT_TCP);
  const scopes = version < SCOPES_FROM ? 0n : SIGNALS | (rules.abstractSockets ? 0n : ABSTRACT_SOCKETS);
  const words = [files, ...(version < TCP_FROM ? [] : [network]), ...(version < SCOPES_FROM ? [] : [scopes])];
  const ruleset = done('landlock_create_ruleset', landlockRuleset(new Uint8Array(new BigUint64Array(words).buffer)));
  try {
    for (const path of rules.read) allowPath(ruleset, path, READING & files);
    for (const path of rules.readFiles) allowPath(ruleset, path, READ_FILE & files, false);
    for (const path of rules.write) allowPath(ruleset, path, (READING | WRITING | DEVICE_CONTROL) & files);
    if (rules.execute !== 'any') for (const path of rules.execute) allowPath(ruleset, path, (EXECUTE | READING) & files);
    if ((network & CONNECT_TCP) !== 0n) for (const port of rules.connect) allowPort(ruleset, Number(port), CONNECT_TCP);
    if ((network & BIND_TCP) !== 0n) for (const port of rules.bind) allowPort(ruleset, Number(port), BIND_TCP);
    done('landlock_restrict_self', landlockRestrictSelf(ruleset));
  } finally {
    closeSync(ruleset);
  }
}

function handledFiles({ execute }: LandlockRules, version: number): bigint {
  return (
    READING |
    WRITE_FILE |
    CHANGE_FOLDER |
    (execute === 'any' ? 0n : EXECUTE) |
    (version < MOVES_FROM ? 0n : MOVE) |
    (version < TRUNCATE_FROM ? 0n : TRUNCATE) |
    (version < DEVICES_FROM ? 0n : DEVICE_CONTROL)
  );
}

function allowPath(ruleset: number, path: string, access: bigint, folders = true): void {
  let fd: number;
  try {
    fd = openSync(pathBytes(path), O_PATH);
  } catch {
    return; // not there, or out of reach: then it is out of reach inside as well
  }
  try {
    const isFolder = fstatSync(fd).isDirectory();
    if (isFolder && !folders) return;
    const allowed = isFolder ? access : access & OF_FILES;
    const rule = new DataView(new ArrayBuffer(12)); // packed: 64 bits and 32
    rule.setBigUint64(0, allowed, true);
    rule.setInt32(8, fd, true);
    const result = landlockAddRule(ruleset, PATH_RULE, new Uint8Array(rule.buffer));
    if (result !== -OF_NO_PLACE) done('landlock_add_rule', result);
  } finally {
    closeSync(fd);
  }
}

function allowPort(ruleset: number, port: number, access: bigint): void {
  const rule = new BigUint64Array([access, BigInt(port)]);
  done('landlock_add_rule', landlockAddRule(ruleset, PORT_RULE, new Uint8Array(rule.buffer)));
}

function done(call: string, result: number): number {
  if (result < 0) throw systemError(call, -result);
  return result;
}
