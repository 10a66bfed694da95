/** @param service its name; @returns the line of the log where the secrets of its connections are written to a file */
export function keyLogWarning(service: string, file: string): string {
  return `Service [${service}] writes the secrets of its TLS connections to ${file}: whoever reads it can read them all`;
}
