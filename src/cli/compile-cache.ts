/**
 * Where the launcher lets Node keep its compiled code. Programs that we start must not use it, so the variable is taken out of the
 * environment; processes of our own get it back (`compileCache` of src/self.ts).
 */
export function forgetCompileCache(): void {
  delete process.env['NODE_COMPILE_CACHE'];
}
