/** The lists of the library, by ISO 639-3. */
declare module 'stopword' {
  const lists: Readonly<Record<string, readonly string[] | undefined>>;
  export default lists;
}
