/** Nothing in it is for Creel. */

export default {
  mode: "production",
  entry: "./src/main.js",
  output: { filename: "main.js" },
  performance: { hints: false },
};
