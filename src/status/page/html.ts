/** How elements are written: templates of htm, made into elements of preact. Text in them is text, whatever it holds. */
import htm from 'htm';
import type { ComponentChild } from 'preact';
import { h } from 'preact';

export type Child = ComponentChild;

export const html: (strings: TemplateStringsArray, ...values: readonly unknown[]) => ComponentChild = htm.bind(h as never);
