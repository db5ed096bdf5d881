/** A style sheet, minified by the build. */
declare module "*.css" {
  const sheet: string;
  export default sheet;
}
