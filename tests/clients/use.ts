// What one writes with the TypeScript client: the layer, and an error. Its argument is the service's address.
import createClient from "openapi-fetch";
import type { components, paths } from "./dropout.ts";

declare const process: { argv: string[] };

const client = createClient<paths, `application/${string}json`>({ baseUrl: process.argv[2] });
const input: number[][] = [[0.6485, 0.3114], [0.7352, 0.4634]];

const { data: reply } = await client.POST("/v1/dropout", { body: { input, p: 0.4, seed: 42 } });
const { error } = await client.POST("/v1/dropout", { body: { input, p: 1.5 } });
if (!reply || !error) throw new Error("one should succeed, and one should not");

const scale: number | null = reply.layer.scale;
const problem: components["schemas"]["Problem"] = error;
const { code, status, errors } = problem;
console.log(JSON.stringify({ input, output: reply.output, scale, code, status, pointer: errors?.[0]?.pointer }));
