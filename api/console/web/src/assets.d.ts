// What the bundler copies: the import is the address of the copy.
declare module "*.json" {
  const url: string;
  export default url;
}
declare module "*.css";
