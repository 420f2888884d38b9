/**
 * The module of a thread beside the one that starts it. Tests run the sources through a compiler that threads do not
 * have, so from there it is the built one.
 *
 * @param name without ending.
 * @param startedBy the `import.meta.url` of the module that starts it.
 */
export function threadModule(name: string, startedBy: string): URL {
  const isSource = startedBy.endsWith('.ts');
  return new URL(`./${name}.js`, isSource ? startedBy.replace(/\/src\/(?!.*\/src\/)/, '/dist/') : startedBy);
}
