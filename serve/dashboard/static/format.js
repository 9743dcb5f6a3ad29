// Numbers and dates in words. Unknown (null) is a dash, never zero.

export const DASH = "–";
const MINUS = "−";
const NBSP = "\u00a0"; // a number and its unit stay on one line

const whole = new Intl.NumberFormat("en-US");
const cents = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

const known = (value) => value !== null && value !== undefined;
const unsigned = (value, text) => (value < 0 ? MINUS : "") + text;
const signed = (value, text) => (value > 0 ? "+" : value < 0 ? MINUS : "") + text;

export const count = (value) => (known(value) ? whole.format(value) : DASH);

export const usd = (value) => (known(value) ? unsigned(value, `$${cents.format(Math.abs(value))}`) : DASH);

export const signedUsd = (value) => (known(value) ? signed(value, `$${cents.format(Math.abs(value))}`) : DASH);

export const wholeUsd = (value) => (known(value) ? unsigned(value, `$${whole.format(Math.round(Math.abs(value)))}`) : DASH);

export const percent = (value, digits = 1) =>
  known(value) ? unsigned(value, `${(Math.abs(value) * 100).toFixed(digits)}${NBSP}%`) : DASH;

export const signedPercent = (value, digits = 1) =>
  known(value) ? signed(Number((value * 100).toFixed(digits)), `${(Math.abs(value) * 100).toFixed(digits)}${NBSP}%`) : DASH;

export const number = (value, digits = 2) =>
  known(value) ? unsigned(value, Math.abs(value).toFixed(digits)) : DASH;

/** "low to high", or a dash when either end isn't known. */
export const interval = (estimate, format) =>
  known(estimate.low) && known(estimate.high) ? `${format(estimate.low)} to ${format(estimate.high)}` : DASH;

export const session = (iso) => iso ?? DASH;

/** "2010-04-14 16:00 UTC" of an ISO time. */
export const time = (iso) => (iso ? `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC` : DASH);

/** "technical_analysis" as people write it. */
export const words = (name) => name.replaceAll("_", " ");

/** "gain", "loss" or "" for colouring; the sign is in the text as well. */
export const tone = (value) => (!known(value) || value === 0 ? "" : value > 0 ? "gain" : "loss");
