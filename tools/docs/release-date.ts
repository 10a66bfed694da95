/** The day of the version that package.json names, changed with it: pages of the manual show it, and packages that are told no other time. */
export const RELEASE_DATE = '2026-11-28';
