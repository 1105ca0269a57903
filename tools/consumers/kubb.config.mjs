// kubb has no command line for its input and output.
import { defineConfig } from '@kubb/core';
import { pluginOas } from '@kubb/plugin-oas';
import { pluginTs } from '@kubb/plugin-ts';

export default defineConfig({
  input: { path: process.env.CONTRACT },
  output: { path: process.env.OUT },
  plugins: [pluginOas(), pluginTs()],
});
